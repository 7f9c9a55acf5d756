package dev.hindsight.backend.cpu.loops;

import dev.hindsight.backend.cpu.machine.Native;

/// Between floats and the upper halves of floats, on the calling thread, over `count` numbers at
/// raw addresses, which do not overlap.
public interface Bf16Loops {
  /// to = from, whose numbers are bf16
  void widen(long from, long to, long count);

  /// to = from in bf16: the nearest number, of two that are as near the even one, as
  /// [dev.hindsight.tensor.ElementType#toBf16] has it.
  void round(long from, long to, long count);

  /// sum += from, whose numbers are bf16
  void add(long from, long sum, long count);

  /// The same of rows that begin `pitch` numbers apart.
  default void widenRows(long from, int pitch, long to, int pitchTo, int rows, long count) {
    for (int row = 0; row < rows; row++) {
      widen(row(from, row, pitch), Native.at(to, row, pitchTo, 0), count);
    }
  }

  default void roundRows(long from, int pitch, long to, int pitchTo, int rows, long count) {
    for (int row = 0; row < rows; row++) {
      round(Native.at(from, row, pitch, 0), row(to, row, pitchTo), count);
    }
  }

  default void addRows(long from, int pitch, long sum, int pitchSum, int rows, long count) {
    for (int row = 0; row < rows; row++) {
      add(row(from, row, pitch), Native.at(sum, row, pitchSum, 0), count);
    }
  }

  private static long row(long base, int row, int pitch) {
    return base + (long) row * pitch * Short.BYTES;
  }

  /// Whether no number of bf16 is infinite or NaN.
  boolean allFinite(long x, long count);

  /// The same of rows that begin `pitch` numbers apart.
  default boolean allFinite(long x, int rows, int columns, int pitch) {
    for (int row = 0; row < rows; row++) {
      if (!allFinite(row(x, row, pitch), columns)) {
        return false;
      }
    }
    return true;
  }
}
