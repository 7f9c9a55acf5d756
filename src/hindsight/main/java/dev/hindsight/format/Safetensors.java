package dev.hindsight.format;

import dev.hindsight.tensor.Shape;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/// The safetensors format of Hugging Face: eight bytes with the length of a JSON header, the
/// header, then the numbers, little-endian and row-major, without holes.
///
/// [SafetensorsWriter] and [SafetensorsReader] write and read it.
public final class Safetensors {
  /// The format's own limit.
  static final long MOST_HEADER_BYTES = 100_000_000;

  static final String METADATA = "__metadata__";

  private Safetensors() {}

  /// The types of numbers that Hindsight reads and writes.
  public enum NumberType {
    /// Read as F32; written where weights are rounded to be handed on.
    F16(2),
    /// Read as F32, never written.
    BF16(2),
    F32(4),
    F64(8),
    I32(4),
    I64(8);

    final int bytes;

    NumberType(int bytes) {
      this.bytes = bytes;
    }

    /// An element seen as an integer of its width, so that every bit pattern survives.
    ValueLayout layout(ByteOrder order) {
      ValueLayout layout =
          switch (bytes) {
            case 2 -> ValueLayout.JAVA_SHORT_UNALIGNED;
            case 4 -> ValueLayout.JAVA_INT_UNALIGNED;
            default -> ValueLayout.JAVA_LONG_UNALIGNED;
          };
      return layout.withOrder(order);
    }

    /// Whether its numbers are floats of 16 bits.
    boolean isHalf() {
      return bytes == 2;
    }

    /// The value of 16 bits.
    float toFloat(short bits) {
      return this == F16 ? Float.float16ToFloat(bits) : Float.intBitsToFloat(bits << 16);
    }
  }

  /// One tensor of a file.
  ///
  /// @param shape extents; rank 0 is a single number
  /// @param begin where its bytes start, counted from the end of the header
  public record StoredTensor(NumberType type, Shape shape, long begin) {

    public int count() {
      return Math.toIntExact(shape.size());
    }

    public long end() {
      return begin + (long) count() * type.bytes;
    }

    @Override
    public String toString() {
      return type + " " + shape;
    }
  }
}
