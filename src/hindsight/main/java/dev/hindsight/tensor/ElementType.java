package dev.hindsight.tensor;

/// How the numbers of a tensor lie in memory.
public enum ElementType {
  /// 24 bits of significand.
  FP32(Float.BYTES),
  /// The upper half of an fp32: its range, and 8 bits of significand.
  BF16(Short.BYTES),
  /// Whole numbers, such as places, classes and words of a key.
  INT32(Integer.BYTES);

  private static final int DROPPED = 16; // bits of an fp32
  private static final int HALF = 1 << 15;
  private static final short NAN = 0x7fff; // as GPUs write it

  private final int bytes;

  ElementType(int bytes) {
    this.bytes = bytes;
  }

  /// Of one element.
  public int bytes() {
    return bytes;
  }

  /// The nearest number of this type; of two that are as near, the even one.
  public float round(float value) {
    return switch (this) {
      case FP32 -> value;
      case BF16 -> ofBf16(toBf16(value));
      case INT32 -> throw noFloats();
    };
  }

  /// What goes wrong where numbers with fractions are wanted of whole ones.
  public IllegalArgumentException noFloats() {
    return new IllegalArgumentException("wanted FP32 or BF16, got " + this);
  }

  /// The bits of a number in [#BF16].
  public static short toBf16(float value) {
    if (Float.isNaN(value)) {
      return NAN;
    }
    int bits = Float.floatToRawIntBits(value);
    int even = (bits >>> DROPPED) & 1;
    return (short) ((bits + HALF - 1 + even) >>> DROPPED);
  }

  /// The number that such bits stand for, which an fp32 holds exactly.
  public static float ofBf16(short bits) {
    return Float.intBitsToFloat(bits << DROPPED);
  }
}
