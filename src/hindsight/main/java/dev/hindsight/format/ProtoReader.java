package dev.hindsight.format;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/// Decodes as much of a protobuf message as a check needs; see [ProtoWriter] for the encoding.
final class ProtoReader {
  private static final int LONGEST_VARINT = 10;

  private ProtoReader() {}

  /// The last value of an integer field, 0 where the message does not have it.
  ///
  /// @throws IllegalArgumentException when the bytes are no message
  static long integer(byte[] message, int field) {
    ByteBuffer in = ByteBuffer.wrap(message).order(ByteOrder.LITTLE_ENDIAN);
    long found = 0;
    try {
      while (in.hasRemaining()) {
        long tag = varint(in);
        long value = value(in, (int) (tag & 7));
        if (tag >>> 3 == field && (tag & 7) == ProtoWriter.VARINT) {
          found = value;
        }
      }
    } catch (BufferUnderflowException _) {
      throw new IllegalArgumentException("ends in the middle of a field");
    }
    return found;
  }

  private static long value(ByteBuffer in, int wireType) {
    return switch (wireType) {
      case ProtoWriter.VARINT -> varint(in);
      case ProtoWriter.FIXED64 -> in.getLong();
      case ProtoWriter.FIXED32 -> in.getInt();
      case ProtoWriter.BYTES -> {
        long length = varint(in);
        if (length < 0 || length > in.remaining()) {
          throw new BufferUnderflowException();
        }
        in.position(in.position() + (int) length);
        yield length;
      }
      default -> throw new IllegalArgumentException("has a field of wire type " + wireType);
    };
  }

  private static long varint(ByteBuffer in) {
    long value = 0;
    for (int k = 0; k < LONGEST_VARINT; k++) {
      byte b = in.get();
      value |= (b & 0x7fL) << (7 * k);
      if (b >= 0) {
        return value;
      }
    }
    throw new IllegalArgumentException("has a number of more than 64 bits");
  }
}
