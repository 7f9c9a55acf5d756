package dev.hindsight.backend.cpu.machine;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// Native memory by address. The backend trusts its caller, so nothing here checks a bound.
public final class Native {
  /// All of memory: a vector or a float at address `a` is at offset `a` of it.
  @SuppressWarnings("restricted") // raw addresses are the point
  public static final MemorySegment ALL = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

  private static final int TRANSPOSED = 112; // rows at a time

  private Native() {}

  public static float get(long address) {
    return ALL.get(ValueLayout.JAVA_FLOAT, address);
  }

  public static void put(long address, float value) {
    ALL.set(ValueLayout.JAVA_FLOAT, address, value);
  }

  /// Float `index`.
  public static float get(long base, long index) {
    return get(at(base, index));
  }

  public static void put(long base, long index, float value) {
    put(at(base, index), value);
  }

  public static int getInt(long base, long index) {
    return ALL.get(ValueLayout.JAVA_INT, at(base, index));
  }

  public static short getShort(long address) {
    return ALL.get(ValueLayout.JAVA_SHORT, address);
  }

  public static void putShort(long address, short value) {
    ALL.set(ValueLayout.JAVA_SHORT, address, value);
  }

  /// The address of element `index`.
  public static long at(long base, long index) {
    return base + index * Float.BYTES;
  }

  /// The address of an element of rows that are `pitch` floats apart.
  public static long at(long base, long row, int pitch, long column) {
    return base + (row * pitch + column) * Float.BYTES;
  }

  public static void copy(long from, long to, long floats) {
    copyBytes(from, to, floats * Float.BYTES);
  }

  public static void copyBytes(long from, long to, long bytes) {
    MemorySegment.copy(ALL, from, ALL, to, bytes);
  }

  /// The transpose of rows that are `pitch` floats apart to rows that are `pitchTo` apart, as many
  /// at a time as the first-level cache holds.
  public static void transpose(long from, int rows, int columns, int pitch, long to, int pitchTo) {
    for (int begin = 0; begin < rows; begin += TRANSPOSED) {
      int end = Math.min(begin + TRANSPOSED, rows);
      for (int column = 0; column < columns; column++) {
        for (int row = begin; row < end; row++) {
          put(at(to, column, pitchTo, row), get(at(from, row, pitch, column)));
        }
      }
    }
  }

  public static void zero(long address, long bytes) {
    ALL.asSlice(address, bytes).fill((byte) 0);
  }
}
