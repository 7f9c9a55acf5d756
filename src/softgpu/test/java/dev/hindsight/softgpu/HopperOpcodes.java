package dev.hindsight.softgpu;

/// What needs PTX 7.8 and sm_90: comparisons of bf16, conversions of 8-bit floats.
final class HopperOpcodes extends HalfOpcodes {
  HopperOpcodes() {
    super("bf16", "s32");
    pair("set.neu.bf16x2.bf16x2", "neu", "bf16", one("bf16"));
    bits("set.lt.bf16.bf16", "b16 bf16 bf16", (a, b) -> holds("lt", "bf16", a, b) * one("bf16"));
    // 2^-127 is subnormal.
    constant("mov.b16 $d, 0xC2FE; ex2.approx.ftz.bf16 $d, $d", "b16", 0);
    constant("mov.b16 $d, 0xC2FC; ex2.approx.ftz.bf16 $d, $d", "b16", 0x80);
    for (int mantissa = 2; mantissa < 4; mantissa++) {
      int m = mantissa;
      String pair = m == 3 ? "e4m3x2" : "e5m2x2";
      bits(
          "cvt.rn.satfinite." + pair + ".f32",
          "b16 f32 f32",
          (a, b) -> nearest(Opcode.real(a), m) << 8 | nearest(Opcode.real(b), m));
      bits(
          "cvt.rn.satfinite.relu." + pair + ".f32",
          "b16 f32 f32",
          (a, b) ->
              nearest(positive(Opcode.real(a)), m) << 8 | nearest(positive(Opcode.real(b)), m));
      bits(
          "cvt.rn.satfinite." + pair + ".f16x2",
          "b16 f16x2",
          a ->
              nearest(Float.float16ToFloat((short) (a >>> 16)), m) << 8
                  | nearest(Float.float16ToFloat((short) a), m));
      bits(
          "cvt.rn.f16x2." + pair,
          "b32 b16",
          a -> half(number((int) a & 0xff, m)) | half(number((int) a >>> 8 & 0xff, m)) << 16);
    }
  }

  private static float positive(float value) {
    return value <= 0 ? 0 : value;
  }

  private static long half(double value) {
    return Double.isNaN(value) ? 0x7fff : Float.floatToFloat16((float) value) & 0xffff;
  }

  /// By the definition of the format: `mantissa` bits of it, the others of the exponent.
  private static double number(int code, int mantissa) {
    int bias = mantissa == 3 ? 7 : 15;
    int e = (code & 0x7f) >> mantissa;
    double part = (code & (1 << mantissa) - 1) / (double) (1 << mantissa);
    double size = e == 0 ? part * Math.pow(2, 1 - bias) : (1 + part) * Math.pow(2, e - bias);
    boolean top = mantissa == 3 ? (code & 0x7f) == 0x7f : e == 31;
    size = !top ? size : mantissa == 2 && part == 0 ? Double.POSITIVE_INFINITY : Double.NaN;
    return (code & 0x80) == 0 ? size : -size;
  }

  /// Of all finite ones; of two that are as near, the even one.
  private static long nearest(float value, int mantissa) {
    if (Float.isNaN(value)) {
      return 0x7f;
    }
    int best = 0;
    for (int code = 1; code <= (mantissa == 3 ? 0x7e : 0x7b); code++) {
      double least = Math.abs(number(best, mantissa) - Math.min(Math.abs(value), 1e6));
      double away = Math.abs(number(code, mantissa) - Math.min(Math.abs(value), 1e6));
      best = away < least || (away == least && code % 2 == 0) ? code : best;
    }
    return best | (Float.floatToRawIntBits(value) >>> 24 & 0x80);
  }
}
