package dev.hindsight.softgpu.exec;

import dev.hindsight.softgpu.exec.Rounding.Mode;
import dev.hindsight.softgpu.ptx.Type;

/// The 16-bit floats and tf32.
public final class Halves {
  private static final int NAN16 = 0x7fff;

  private Halves() {}

  public static float toFloat(int bits, Type type) {
    return type == Type.F16 || type == Type.F16X2
        ? Float.float16ToFloat((short) bits)
        : Float.intBitsToFloat(bits << 16);
  }

  /// The nearest f16 or bf16 of the exact sum `value + error`, as bits.
  public static int fromDouble(double value, double error, Type type, Mode mode) {
    if (Double.isNaN(value)) {
      return NAN16;
    }
    double odd = roundToOdd(value, error);
    return type == Type.F16 || type == Type.F16X2
        ? Float.floatToFloat16((float) round(odd, 11, -14, 65504, mode)) & 0xffff
        : Float.floatToRawIntBits((float) round(odd, 8, -126, 0x1.fep127, mode)) >>> 16;
  }

  public static int fromFloat(float value, Type type) {
    if (Float.isNaN(value)) {
      return NAN16;
    }
    if (type == Type.F16 || type == Type.F16X2) {
      return Float.floatToFloat16(value) & 0xffff;
    }
    int bits = Float.floatToRawIntBits(value);
    return (bits + 0x7fff + (bits >>> 16 & 1)) >>> 16;
  }

  /// `cvt.rna.tf32.f32`: ten bits of mantissa, halves away from zero.
  public static int tf32(float value) {
    int bits = Float.floatToRawIntBits(value);
    return Float.isNaN(value)
        ? 0x7fffffff
        : Float.isInfinite(value) ? bits : bits + 0x1000 & 0xffffe000;
  }

  /// Keeps the information of an error term in the last bit, so that a later rounding is right.
  private static double roundToOdd(double value, double error) {
    long bits = Double.doubleToRawLongBits(value);
    if (error == 0 || !Double.isFinite(value) || (bits & 1) != 0) {
      return value;
    }
    boolean outward = error > 0 == value > 0;
    return Double.longBitsToDouble(outward ? bits | 1 : bits - 1 | 1);
  }

  private static double round(double x, int precision, int least, double most, Mode mode) {
    if (x == 0 || Double.isInfinite(x)) {
      return x;
    }
    int unit = Math.max(Math.getExponent(x), least) - precision + 1;
    double scaled = Math.scalb(x, -unit);
    double result = Math.scalb(mode.whole(scaled), unit);
    if (Math.abs(result) > most) {
      boolean stays = mode.stopsAtLargest(result > 0);
      result = Math.copySign(stays ? most : Double.POSITIVE_INFINITY, result);
    }
    return result == 0 ? Math.copySign(0, x) : result;
  }
}
