package dev.hindsight.backend.cpu.loops;

import static dev.hindsight.backend.cpu.machine.Native.get;
import static dev.hindsight.backend.cpu.machine.Native.put;

import dev.hindsight.backend.cpu.machine.Native;
import dev.hindsight.tensor.ElementType;

/// Single numbers that [Bf16Loops] leaves over.
final class Bf16Rests {
  private Bf16Rests() {}

  static void widen(long from, long to, long count) {
    for (long k = 0; k < count; k++) {
      put(to, k, ElementType.ofBf16(Native.getShort(from + k * Short.BYTES)));
    }
  }

  static void round(long from, long to, long count) {
    for (long k = 0; k < count; k++) {
      Native.putShort(to + k * Short.BYTES, ElementType.toBf16(get(from, k)));
    }
  }

  static void add(long from, long sum, long count) {
    for (long k = 0; k < count; k++) {
      float value = ElementType.ofBf16(Native.getShort(from + k * Short.BYTES));
      put(sum, k, get(sum, k) + value);
    }
  }

  static boolean allFinite(long x, long count) {
    for (long k = 0; k < count; k++) {
      if (!Float.isFinite(ElementType.ofBf16(Native.getShort(x + k * Short.BYTES)))) {
        return false;
      }
    }
    return true;
  }

  static boolean allFinite(long x, int rows, int columns, int pitch) {
    for (int row = 0; row < rows; row++) {
      if (!allFinite(x + (long) row * pitch * Short.BYTES, columns)) {
        return false;
      }
    }
    return true;
  }
}
