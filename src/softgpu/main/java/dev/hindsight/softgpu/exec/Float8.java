package dev.hindsight.softgpu.exec;

/// The 8-bit floats.
public final class Float8 {
  private Float8() {}

  /// Four bits of exponent, three of mantissa; no infinity.
  public static float e4m3(int bits) {
    int exponent = bits >>> 3 & 15;
    int mantissa = bits & 7;
    float size =
        (bits & 0x7f) == 0x7f
            ? Float.NaN
            : exponent == 0 ? mantissa * 0x1p-9f : Math.scalb(8 + mantissa, exponent - 10);
    return (bits & 0x80) == 0 ? size : -size;
  }

  /// Five bits of exponent, two of mantissa: the upper half of an f16.
  public static float e5m2(int bits) {
    return Float.float16ToFloat((short) (bits << 8));
  }

  /// The nearest e4m3 or e5m2, at most the largest finite one; 0x7f of what is no number.
  ///
  /// @param mantissa bits of it: 3 or 2
  public static int of(float value, int mantissa) {
    if (Float.isNaN(value)) {
      return 0x7f;
    }
    int least = mantissa == 3 ? -6 : -14;
    float most = mantissa == 3 ? 448 : 57344;
    int sign = Float.floatToRawIntBits(value) >>> 24 & 0x80;
    float size = Math.min(Math.abs(value), most);
    int exponent = Math.max(least, Math.getExponent(size));
    // One more than the mantissa holds carries into the exponent, as it must.
    int units = (int) Math.rint(Math.scalb((double) size, mantissa - exponent));
    return sign | (units + ((exponent - least) << mantissa));
  }
}
