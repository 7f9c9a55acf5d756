package dev.hindsight.backend.cpu;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// Native memory by address. The backend trusts its caller, so nothing here checks a bound.
final class Raw {
  /// All of memory: a vector or a float at address `a` is at offset `a` of it.
  @SuppressWarnings("restricted") // raw addresses are the point
  static final MemorySegment ALL = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

  private Raw() {}

  static float get(long address) {
    return ALL.get(ValueLayout.JAVA_FLOAT, address);
  }

  static void put(long address, float value) {
    ALL.set(ValueLayout.JAVA_FLOAT, address, value);
  }

  static int getInt(long address) {
    return ALL.get(ValueLayout.JAVA_INT, address);
  }

  static void putInt(long address, int value) {
    ALL.set(ValueLayout.JAVA_INT, address, value);
  }

  /// The address of element `index`.
  static long at(long base, long index) {
    return base + index * Float.BYTES;
  }

  static void copy(long from, long to, long floats) {
    MemorySegment.copy(ALL, from, ALL, to, floats * Float.BYTES);
  }

  static void zero(long address, long bytes) {
    ALL.asSlice(address, bytes).fill((byte) 0);
  }
}
