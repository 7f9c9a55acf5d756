package dev.hindsight.softgpu;

import static dev.hindsight.softgpu.Opcode.bits;
import static dev.hindsight.softgpu.Opcode.canonical;
import static dev.hindsight.softgpu.Opcode.real;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;

/// Conversions and 16-bit floats, each with what Java makes of it another way.
final class ConvertOpcodes {
  private ConvertOpcodes() {}

  static List<Opcode> all() {
    List<Opcode> all = new ArrayList<>();
    integers(all);
    floatToInteger(all);
    integerToFloat(all);
    floats(all);
    halves(all);
    return all;
  }

  private static void integers(List<Opcode> all) {
    all.add(bits("cvt.s64.s32 $d, $a", "b64 b32", (a, _, _) -> (int) a));
    all.add(bits("cvt.u64.u32 $d, $a", "b64 b32", (a, _, _) -> a));
    all.add(bits("cvt.u32.u64 $d, $a", "b32 b64", (a, _, _) -> a & 0xffffffffL));
    all.add(bits("cvt.s64.s32 $d, $a", "b64 b64", (a, _, _) -> (int) a));
    all.add(bits("cvt.s32.s16 $d, $a", "b32 b16", (a, _, _) -> (short) a & 0xffffffffL));
    all.add(bits("cvt.u32.u16 $d, $a", "b32 b16", (a, _, _) -> a));
    all.add(bits("cvt.u16.u32 $d, $a", "b16 b32", (a, _, _) -> a & 0xffff));
    all.add(bits("cvt.s32.s8 $d, $a", "b32 b32", (a, _, _) -> (byte) a & 0xffffffffL));
    all.add(bits("cvt.u32.u8 $d, $a", "b32 b32", (a, _, _) -> a & 0xff));
    all.add(
        bits("cvt.sat.u8.s32 $d, $a", "b16 b32", (a, _, _) -> Math.clamp((long) (int) a, 0, 255)));
    all.add(
        bits(
            "cvt.sat.s8.s32 $d, $a",
            "b16 b32",
            (a, _, _) -> Math.clamp((long) (int) a, -128, 127) & 0xffff));
    all.add(bits("cvt.sat.u32.s32 $d, $a", "b32 b32", (a, _, _) -> Math.max(0L, (long) (int) a)));
    all.add(
        bits(
            "cvt.sat.s32.s64 $d, $a",
            "b32 b64",
            (a, _, _) -> Math.clamp(a, Integer.MIN_VALUE, Integer.MAX_VALUE) & 0xffffffffL));
  }

  private static double whole(double value, String mode) {
    return switch (mode) {
      case "rni" -> Math.rint(value);
      case "rmi" -> Math.floor(value);
      case "rpi" -> Math.ceil(value);
      default -> value < 0 ? Math.ceil(value) : Math.floor(value);
    };
  }

  private static void floatToInteger(List<Opcode> all) {
    for (String mode : List.of("rni", "rzi", "rmi", "rpi")) {
      all.add(
          bits(
              "cvt." + mode + ".s32.f32 $d, $a",
              "b32 f32",
              (a, _, _) -> (int) whole(real(a), mode) & 0xffffffffL));
      all.add(
          bits(
              "cvt." + mode + ".u32.f32 $d, $a",
              "b32 f32",
              (a, _, _) -> (long) Math.clamp(zeroed(whole(real(a), mode)), 0, 0xffffffffL)));
      all.add(
          bits(
              "cvt." + mode + ".f32.f32 $d, $a",
              "f32 f32",
              (a, _, _) -> canonical((float) whole(real(a), mode))));
    }
    all.add(
        bits(
            "cvt.rzi.s64.f32 $d, $a",
            "b64 f32",
            (a, _, _) -> Float.isNaN(real(a)) ? Long.MIN_VALUE : (long) real(a)));
    for (int width : List.of(8, 16, 32)) {
      String register = width == 32 ? "b32" : "b16";
      long kept = width == 32 ? 0xffffffffL : 0xffff;
      long half = 1L << (width - 1);
      all.add(
          bits(
              "cvt.rzi.s" + width + ".f64 $d, $a",
              register + " f64",
              (a, _, _) -> {
                double value = Double.longBitsToDouble(a);
                return (Double.isNaN(value) ? -half : Math.clamp((long) value, -half, half - 1))
                    & kept;
              }));
      all.add(
          bits(
              "cvt.rmi.u" + width + ".f64 $d, $a",
              register + " f64",
              (a, _, _) -> {
                double value = Math.floor(Double.longBitsToDouble(a));
                return Double.isNaN(value) ? half : Math.clamp((long) value, 0, 2 * half - 1);
              }));
    }
    all.add(
        bits(
            "cvt.rzi.u64.f64 $d, $a",
            "b64 f64",
            (a, _, _) -> unsigned64(Double.longBitsToDouble(a))));
    all.add(bits("cvt.rni.s64.f16 $d, $a", "b64 f16", (a, _, _) -> whole64(Math.rint(f16(a)))));
    all.add(
        bits(
            "cvt.rni.s16.f32 $d, $a",
            "b16 f32",
            (a, _, _) -> (long) Math.clamp(zeroed(Math.rint(real(a))), -32768, 32767) & 0xffff));
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

  private static void integerToFloat(List<Opcode> all) {
    all.add(bits("cvt.rn.f32.s32 $d, $a", "f32 b32", (a, _, _) -> canonical((int) a)));
    all.add(bits("cvt.rn.f32.u32 $d, $a", "f32 b32", (a, _, _) -> canonical((float) a)));
    all.add(bits("cvt.rn.f32.s64 $d, $a", "f32 b64", (a, _, _) -> canonical((float) a)));
    all.add(
        bits(
            "cvt.rn.f32.u64 $d, $a",
            "f32 b64",
            (a, _, _) ->
                canonical(new BigDecimal(new BigInteger(Long.toUnsignedString(a))).floatValue())));
    all.add(bits("cvt.rz.f32.s32 $d, $a", "f32 b32", (a, _, _) -> canonical(towardZero((int) a))));
    all.add(
        bits(
            "cvt.rn.f64.s64 $d, $a",
            "f64 b64",
            (a, _, _) -> Double.doubleToRawLongBits((double) a)));
    all.add(
        bits(
            "cvt.rn.f64.u64 $d, $a",
            "f64 b64",
            (a, _, _) ->
                Double.doubleToRawLongBits(
                    new BigDecimal(new BigInteger(Long.toUnsignedString(a))).doubleValue())));
    for (String mode : List.of("rz", "rm", "rp")) {
      all.add(
          bits(
              "cvt." + mode + ".f64.s64 $d, $a",
              "f64 b64",
              (a, _, _) -> directed(BigInteger.valueOf(a), mode)));
      all.add(
          bits(
              "cvt." + mode + ".f64.u64 $d, $a",
              "f64 b64",
              (a, _, _) -> directed(new BigInteger(Long.toUnsignedString(a)), mode)));
    }
    all.add(
        bits(
            "add.s64 $d, $a, 9007199254740995; cvt.rm.f64.s64 $d, $d",
            "b64 b64",
            (a, _, _) -> directed(BigInteger.valueOf(a + (1L << 53) + 3), "rm")));
    all.add(
        bits(
            "cvt.rm.sat.f64.s64 $d, $a",
            "f64 b64",
            (a, _, _) -> Double.doubleToRawLongBits(a > 0 ? 1 : 0)));
    all.add(bits("cvt.rm.sat.f32.s64 $d, $a", "f32 b64", (a, _, _) -> canonical(a > 0 ? 1 : 0)));
    all.add(
        bits("cvt.rn.f64.s32 $d, $a", "f64 b32", (a, _, _) -> Double.doubleToRawLongBits((int) a)));
    all.add(bits("cvt.rn.f32.s16 $d, $a", "f32 b16", (a, _, _) -> canonical((short) a)));
  }

  /// The double next to a whole number on the side of the mode.
  private static long directed(BigInteger value, String mode) {
    double near = value.doubleValue();
    int side = new BigDecimal(near).compareTo(new BigDecimal(value));
    boolean down = mode.equals("rm") || (mode.equals("rz") && value.signum() > 0);
    double moved =
        down && side > 0 ? Math.nextDown(near) : !down && side < 0 ? Math.nextUp(near) : near;
    return Double.doubleToRawLongBits(moved);
  }

  private static float towardZero(int value) {
    float near = value;
    return Math.abs((double) near) > Math.abs((double) value)
        ? near > 0 ? Math.nextDown(near) : Math.nextUp(near)
        : near;
  }

  private static void floats(List<Opcode> all) {
    all.add(bits("cvt.f64.f32 $d, $a", "f64 f32", (a, _, _) -> Double.doubleToLongBits(real(a))));
    all.add(
        bits(
            "cvt.rn.f32.f64 $d, $a",
            "f32 f64",
            (a, _, _) -> canonical((float) Double.longBitsToDouble(a))));
    all.add(
        bits(
            "cvt.sat.f32.f32 $d, $a",
            "f32 f32",
            (a, _, _) -> canonical(real(a) > 0 ? Math.min(1, real(a)) : 0)));
    all.add(
        bits(
            "cvt.ftz.f32.f32 $d, $a".replace("cvt.ftz", "cvt.rni.ftz"),
            "f32 f32",
            (a, _, _) -> canonical((float) Math.rint(real(a)))));
    all.add(bits("cvt.rna.tf32.f32 $d, $a", "b32 f32", (a, _, _) -> tf32(real(a))));
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

  private static void halves(List<Opcode> all) {
    all.add(bits("cvt.rn.f16.f32 $d, $a", "b16 f32", (a, _, _) -> f16(real(a))));
    all.add(bits("cvt.f32.f16 $d, $a", "f32 b16", (a, _, _) -> canonical(f16(a))));
    all.add(bits("cvt.rn.bf16.f32 $d, $a", "b16 f32", (a, _, _) -> bf16(real(a))));
    all.add(
        bits(
            "cvt.rn.bf16x2.f32 $d, $a, $b",
            "b32 f32 f32",
            (a, b, _) -> bf16(real(a)) << 16 | bf16(real(b))));
    all.add(
        bits(
            "cvt.rn.f16x2.f32 $d, $a, $b",
            "b32 f32 f32",
            (a, b, _) -> f16(real(a)) << 16 | f16(real(b))));
    all.add(bits("add.f16 $d, $a, $b", "b16 b16 b16", (a, b, _) -> f16(f16(a) + f16(b))));
    all.add(bits("sub.f16 $d, $a, $b", "b16 b16 b16", (a, b, _) -> f16(f16(a) - f16(b))));
    all.add(bits("mul.f16 $d, $a, $b", "b16 b16 b16", (a, b, _) -> f16(f16(a) * f16(b))));
    all.add(
        bits(
            "mul.f16x2 $d, $a, $b",
            "b32 b32 b32",
            (a, b, _) -> f16(f16(a >>> 16) * f16(b >>> 16)) << 16 | f16(f16(a) * f16(b))));
    all.add(bits("neg.f16 $d, $a", "b16 b16", (a, _, _) -> a ^ 0x8000));
    all.add(bits("setp.lt.f16 $d, $a, $b", "pred b16 b16", (a, b, _) -> f16(a) < f16(b) ? 1 : 0));
    all.add(
        bits(
            "fma.rn.bf16 $d, $a, $b, $c",
            "b16 b16 b16 b16",
            (a, b, c) -> bf16Fma(bf16(a), bf16(b), bf16(c))));
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
    boolean tie = (Double.doubleToRawLongBits(near) & 0x1fffffffffffL) == 0x100000000000L;
    return bf16(tie ? nudged : near);
  }
}
