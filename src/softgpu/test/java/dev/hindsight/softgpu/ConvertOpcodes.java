package dev.hindsight.softgpu;

import static dev.hindsight.softgpu.Opcode.canonical;
import static dev.hindsight.softgpu.Opcode.real;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.List;

/// Conversions and 16-bit floats, each with what Java makes of it another way.
final class ConvertOpcodes extends Opcodes {
  ConvertOpcodes() {
    integers();
    floatToInteger();
    integerToFloat();
    floats();
    halves();
  }

  private void integers() {
    bits("cvt.s64.s32", "b64 b32", a -> (int) a);
    bits("cvt.u64.u32", "b64 b32", a -> a);
    bits("cvt.u32.u64", "b32 b64", a -> a & 0xffffffffL);
    bits("cvt.s64.s32", "b64 b64", a -> (int) a);
    bits("cvt.s32.s16", "b32 b16", a -> (short) a & 0xffffffffL);
    bits("cvt.u32.u16", "b32 b16", a -> a);
    bits("cvt.u16.u32", "b16 b32", a -> a & 0xffff);
    bits("cvt.s32.s8", "b32 b32", a -> (byte) a & 0xffffffffL);
    bits("cvt.u32.u8", "b32 b32", a -> a & 0xff);
    bits("cvt.sat.u8.s32", "b16 b32", a -> Math.clamp((long) (int) a, 0, 255));
    bits("cvt.sat.s8.s32", "b16 b32", a -> Math.clamp((long) (int) a, -128, 127) & 0xffff);
    bits("cvt.sat.u32.s32", "b32 b32", a -> Math.max(0L, (long) (int) a));
    bits(
        "cvt.sat.s32.s64",
        "b32 b64",
        a -> Math.clamp(a, Integer.MIN_VALUE, Integer.MAX_VALUE) & 0xffffffffL);
  }

  private static double whole(double value, String mode) {
    return switch (mode) {
      case "rni" -> Math.rint(value);
      case "rmi" -> Math.floor(value);
      case "rpi" -> Math.ceil(value);
      default -> value < 0 ? Math.ceil(value) : Math.floor(value);
    };
  }

  private void floatToInteger() {
    for (String mode : List.of("rni", "rzi", "rmi", "rpi")) {
      bits("cvt." + mode + ".s32.f32", "b32 f32", a -> (int) whole(real(a), mode) & 0xffffffffL);
      bits(
          "cvt." + mode + ".u32.f32",
          "b32 f32",
          a -> (long) Math.clamp(zeroed(whole(real(a), mode)), 0, 0xffffffffL));
      bits("cvt." + mode + ".f32.f32", "f32 f32", a -> canonical((float) whole(real(a), mode)));
    }
    bits("cvt.rzi.s64.f32", "b64 f32", a -> Float.isNaN(real(a)) ? Long.MIN_VALUE : (long) real(a));
    for (int width : List.of(8, 16, 32)) {
      String register = width == 32 ? "b32" : "b16";
      long kept = width == 32 ? 0xffffffffL : 0xffff;
      long half = 1L << (width - 1);
      bits(
          "cvt.rzi.s" + width + ".f64",
          register + " f64",
          a -> {
            double value = f64(a);
            return (Double.isNaN(value) ? -half : Math.clamp((long) value, -half, half - 1)) & kept;
          });
      bits(
          "cvt.rmi.u" + width + ".f64",
          register + " f64",
          a -> {
            double value = Math.floor(f64(a));
            return Double.isNaN(value) ? half : Math.clamp((long) value, 0, 2 * half - 1);
          });
    }
    bits("cvt.rzi.u64.f64", "b64 f64", a -> unsigned64(f64(a)));
    bits("cvt.rni.s64.f16", "b64 f16", a -> whole64(Math.rint(f16(a))));
    bits(
        "cvt.rni.s16.f32",
        "b16 f32",
        a -> (long) Math.clamp(zeroed(Math.rint(real(a))), -32768, 32767) & 0xffff);
  }

  private static long whole64(double value) {
    return Double.isNaN(value) ? Long.MIN_VALUE : (long) value;
  }

  private static double zeroed(double value) {
    return Double.isNaN(value) ? 0 : value;
  }

  private static long unsigned64(double value) {
    if (Double.isNaN(value)) {
      return Long.MIN_VALUE;
    }
    BigInteger most = BigInteger.ONE.shiftLeft(64).subtract(BigInteger.ONE);
    if (Double.isInfinite(value)) {
      return value > 0 ? -1 : 0;
    }
    return new BigDecimal(value).toBigInteger().max(BigInteger.ZERO).min(most).longValue();
  }

  private void integerToFloat() {
    bits("cvt.rn.f32.s32", "f32 b32", a -> canonical((int) a));
    bits("cvt.rn.f32.u32", "f32 b32", a -> canonical((float) a));
    bits("cvt.rn.f32.s64", "f32 b64", a -> canonical((float) a));
    bits("cvt.rn.f32.u64", "f32 b64", a -> canonical(new BigDecimal(unsigned(a)).floatValue()));
    bits("cvt.rz.f32.s32", "f32 b32", a -> canonical(towardZero((int) a)));
    bits("cvt.rn.f64.s64", "f64 b64", a -> raw((double) a));
    bits("cvt.rn.f64.u64", "f64 b64", a -> raw(new BigDecimal(unsigned(a)).doubleValue()));
    for (String mode : List.of("rz", "rm", "rp")) {
      bits("cvt." + mode + ".f64.s64", "f64 b64", a -> directed(BigInteger.valueOf(a), mode));
      bits("cvt." + mode + ".f64.u64", "f64 b64", a -> directed(unsigned(a), mode));
    }
    bits(
        "add.s64 $d, $a, 9007199254740995; cvt.rm.f64.s64 $d, $d",
        "b64 b64",
        a -> directed(BigInteger.valueOf(a + (1L << 53) + 3), "rm"));
    bits("cvt.rm.sat.f64.s64", "f64 b64", a -> raw(a > 0 ? 1 : 0));
    bits("cvt.rm.sat.f32.s64", "f32 b64", a -> canonical(a > 0 ? 1 : 0));
    bits("cvt.rn.f64.s32", "f64 b32", a -> raw((int) a));
    bits("cvt.rn.f32.s16", "f32 b16", a -> canonical((short) a));
  }

  /// The double next to a whole number on the side of the mode.
  private static long directed(BigInteger value, String mode) {
    double near = value.doubleValue();
    int side = new BigDecimal(near).compareTo(new BigDecimal(value));
    boolean down = mode.equals("rm") || (mode.equals("rz") && value.signum() > 0);
    double moved =
        down && side > 0 ? Math.nextDown(near) : !down && side < 0 ? Math.nextUp(near) : near;
    return raw(moved);
  }

  private static float towardZero(int value) {
    float near = value;
    return Math.abs((double) near) > Math.abs((double) value)
        ? near > 0 ? Math.nextDown(near) : Math.nextUp(near)
        : near;
  }

  private void floats() {
    bits("cvt.f64.f32", "f64 f32", a -> Double.doubleToLongBits(real(a)));
    bits("cvt.rn.f32.f64", "f32 f64", a -> canonical((float) f64(a)));
    bits("cvt.sat.f32.f32", "f32 f32", a -> canonical(real(a) > 0 ? Math.min(1, real(a)) : 0));
    bits("cvt.rni.ftz.f32.f32", "f32 f32", a -> canonical((float) Math.rint(real(a))));
    bits("cvt.rna.tf32.f32", "b32 f32", a -> tf32(real(a)));
  }

  private static long tf32(float value) {
    if (!Float.isFinite(value)) {
      return canonical(value);
    }
    double unit = Math.scalb(1.0, Math.max(Math.getExponent(value), -126) - 10);
    double scaled = Math.abs(value) / unit;
    return Float.floatToRawIntBits((float) Math.copySign(Math.floor(scaled + 0.5) * unit, value))
        & 0xffffffffL;
  }

  private static long f16(float value) {
    return Float.isNaN(value) ? 0x7fff : Float.floatToFloat16(value) & 0xffff;
  }

  private static float f16(long bits) {
    return Float.float16ToFloat((short) bits);
  }

  private static long bf16(double value) {
    if (Double.isNaN(value)) {
      return 0x7fff;
    }
    double unit = Math.scalb(1.0, Math.max(Math.getExponent(value), -126) - 7);
    double rounded = Math.copySign(Math.rint(Math.abs(value) / unit) * unit, value);
    double result = value == 0 || Double.isInfinite(value) ? value : rounded;
    return Integer.toUnsignedLong(Float.floatToRawIntBits((float) result)) >>> 16;
  }

  private static float bf16(long bits) {
    return Float.intBitsToFloat((int) bits << 16);
  }

  private void halves() {
    bits("cvt.rn.f16.f32", "b16 f32", a -> f16(real(a)));
    bits("cvt.f32.f16", "f32 b16", a -> canonical(f16(a)));
    bits("cvt.rn.bf16.f32", "b16 f32", a -> bf16(real(a)));
    bits("cvt.rn.bf16x2.f32", "b32 f32 f32", (a, b) -> bf16(real(a)) << 16 | bf16(real(b)));
    bits("cvt.rn.f16x2.f32", "b32 f32 f32", (a, b) -> f16(real(a)) << 16 | f16(real(b)));
    bits("add.f16", "b16 b16 b16", (a, b) -> f16(f16(a) + f16(b)));
    bits("sub.f16", "b16 b16 b16", (a, b) -> f16(f16(a) - f16(b)));
    bits("mul.f16", "b16 b16 b16", (a, b) -> f16(f16(a) * f16(b)));
    bits(
        "mul.f16x2",
        "b32 b32 b32",
        (a, b) -> f16(f16(a >>> 16) * f16(b >>> 16)) << 16 | f16(f16(a) * f16(b)));
    bits("neg.f16", "b16 b16", a -> a ^ 0x8000);
    bits("setp.lt.f16", "pred b16 b16", (a, b) -> f16(a) < f16(b) ? 1 : 0);
    bits("fma.rn.bf16", "b16 b16 b16 b16", (a, b, c) -> bf16Fma(bf16(a), bf16(b), bf16(c)));
  }

  /// The product of two bf16 is exact in double; the sum may not be, so decimal arithmetic decides.
  private static long bf16Fma(float a, float b, float c) {
    double near = Math.fma((double) a, b, (double) c);
    if (!Double.isFinite(near) || near == 0) {
      return bf16(near);
    }
    var exact = new BigDecimal(a).multiply(new BigDecimal(b)).add(new BigDecimal(c));
    int error = exact.compareTo(new BigDecimal(near));
    double nudged = error > 0 ? Math.nextUp(near) : error < 0 ? Math.nextDown(near) : near;
    // A double that lies on a tie and is not exact leans to the side of the exact value.
    boolean tie = (raw(near) & 0x1fffffffffffL) == 0x100000000000L;
    return bf16(tie ? nudged : near);
  }
}
