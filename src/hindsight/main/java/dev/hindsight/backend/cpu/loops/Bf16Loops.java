package dev.hindsight.backend.cpu.loops;

import static dev.hindsight.backend.cpu.loops.VectorMath.FLOATS;
import static dev.hindsight.backend.cpu.loops.VectorMath.STEP;
import static dev.hindsight.backend.cpu.loops.VectorMath.load;
import static dev.hindsight.backend.cpu.loops.VectorMath.loadBf16;
import static dev.hindsight.backend.cpu.loops.VectorMath.rest;
import static dev.hindsight.backend.cpu.loops.VectorMath.store;
import static dev.hindsight.backend.cpu.loops.VectorMath.storeBf16;
import static dev.hindsight.backend.cpu.loops.VectorMath.whole;

import dev.hindsight.backend.cpu.machine.Native;
import jdk.incubator.vector.FloatVector;

/// Between floats and the upper halves of floats, on the calling thread, over `count` numbers at
/// raw addresses, which do not overlap: on whole vectors of floats and half ones of bf16. What is
/// left over at the end is in one more vector that ends there, and so begins among numbers that are
/// done; where there is none, it is done one by one.
public final class Bf16Loops {
  private Bf16Loops() {}

  /// to = from, whose numbers are bf16
  public static void widen(long from, long to, long count) {
    long end = whole(count);
    for (long o = 0; o < end; o += STEP) {
      store(loadBf16(from + o / 2), to + o);
    }
    if (end == 0) {
      Bf16Rests.widen(from, to, count);
    } else if (rest(count) > 0) {
      long last = last(count);
      store(loadBf16(from + last / 2), to + last);
    }
  }

  /// to = from in bf16: the nearest number, of two that are as near the even one, as
  /// [dev.hindsight.tensor.ElementType#toBf16] has it.
  public static void round(long from, long to, long count) {
    long end = whole(count);
    for (long o = 0; o < end; o += STEP) {
      storeBf16(load(from + o), to + o / 2);
    }
    if (end == 0) {
      Bf16Rests.round(from, to, count);
    } else if (rest(count) > 0) {
      long last = last(count);
      storeBf16(load(from + last), to + last / 2);
    }
  }

  /// sum += from, whose numbers are bf16
  public static void add(long from, long sum, long count) {
    long end = whole(count);
    for (long o = 0; o < end; o += STEP) {
      store(load(sum + o).add(loadBf16(from + o / 2)), sum + o);
    }
    Bf16Rests.add(from + end / 2, sum + end, rest(count)); // once each
  }

  /// [#widen] of rows that begin `pitch` numbers apart; the other two likewise.
  public static void widenRows(long from, int pitch, long to, int pitchTo, int rows, long count) {
    for (int row = 0; row < rows; row++) {
      widen(row(from, row, pitch), Native.at(to, row, pitchTo, 0), count);
    }
  }

  public static void roundRows(long from, int pitch, long to, int pitchTo, int rows, long count) {
    for (int row = 0; row < rows; row++) {
      round(Native.at(from, row, pitch, 0), row(to, row, pitchTo), count);
    }
  }

  public static void addRows(long from, int pitch, long sum, int pitchSum, int rows, long count) {
    for (int row = 0; row < rows; row++) {
      add(row(from, row, pitch), Native.at(sum, row, pitchSum, 0), count);
    }
  }

  private static long row(long base, int row, int pitch) {
    return base + (long) row * pitch * Short.BYTES;
  }

  /// Where the vector begins that ends with the last number, in bytes of floats.
  private static long last(long count) {
    return count * Float.BYTES - STEP;
  }

  /// Whether no number of bf16 is infinite or NaN.
  public static boolean allFinite(long x, long count) {
    // x - x is 0 or NaN, and NaN stays in a sum.
    FloatVector poison = FloatVector.zero(FLOATS);
    long end = whole(count);
    for (long o = 0; o < end; o += STEP) {
      FloatVector value = loadBf16(x + o / 2);
      poison = poison.add(value.sub(value));
    }
    return VectorMath.sum(poison) == 0 && Bf16Rests.allFinite(x + end / 2, rest(count));
  }

  /// [#allFinite] of rows that begin `pitch` numbers apart.
  public static boolean allFinite(long x, int rows, int columns, int pitch) {
    FloatVector poison = FloatVector.zero(FLOATS);
    long end = whole(columns);
    long step = (long) pitch * Short.BYTES;
    for (long o = 0; o < end; o += STEP) {
      long at = x + o / 2;
      for (int row = 0; row < rows; row++, at += step) {
        FloatVector value = loadBf16(at);
        poison = poison.add(value.sub(value));
      }
    }
    return VectorMath.sum(poison) == 0
        && Bf16Rests.allFinite(x + end / 2, rows, Math.toIntExact(rest(columns)), pitch);
  }
}
