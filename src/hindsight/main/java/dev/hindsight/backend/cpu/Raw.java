package dev.hindsight.backend.cpu;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// Native memory by address. The backend trusts its caller, so nothing here checks a bound.
final class Raw {
  /// All of memory: a vector or a float at address `a` is at offset `a` of it.
  @SuppressWarnings("restricted") // raw addresses are the point
  static final MemorySegment ALL = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

  private static final int TRANSPOSED = 112; // rows at a time

  private Raw() {}

  static float get(long address) {
    return ALL.get(ValueLayout.JAVA_FLOAT, address);
  }

  static void put(long address, float value) {
    ALL.set(ValueLayout.JAVA_FLOAT, address, value);
  }

  static short getShort(long address) {
    return ALL.get(ValueLayout.JAVA_SHORT, address);
  }

  static void putShort(long address, short value) {
    ALL.set(ValueLayout.JAVA_SHORT, address, value);
  }

  /// The address of element `index`.
  static long at(long base, long index) {
    return base + index * Float.BYTES;
  }

  /// The address of an element of rows that are `pitch` floats apart.
  static long at(long base, long row, int pitch, long column) {
    return base + (row * pitch + column) * Float.BYTES;
  }

  static void copy(long from, long to, long floats) {
    copyBytes(from, to, floats * Float.BYTES);
  }

  static void copyBytes(long from, long to, long bytes) {
    MemorySegment.copy(ALL, from, ALL, to, bytes);
  }

  /// to (columns, rows) = the transpose of rows that are `pitch` floats apart
  static void transpose(long from, int rows, int columns, int pitch, long to) {
    transpose(from, rows, columns, pitch, to, rows);
  }

  /// The same to rows that are `pitchTo` floats apart, as many at a time as the first-level cache
  /// holds.
  static void transpose(long from, int rows, int columns, int pitch, long to, int pitchTo) {
    for (int begin = 0; begin < rows; begin += TRANSPOSED) {
      int end = Math.min(begin + TRANSPOSED, rows);
      for (int column = 0; column < columns; column++) {
        for (int row = begin; row < end; row++) {
          put(at(to, column, pitchTo, row), get(at(from, row, pitch, column)));
        }
      }
    }
  }

  static void zero(long address, long bytes) {
    ALL.asSlice(address, bytes).fill((byte) 0);
  }
}
