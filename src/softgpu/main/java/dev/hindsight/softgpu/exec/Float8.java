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
}
