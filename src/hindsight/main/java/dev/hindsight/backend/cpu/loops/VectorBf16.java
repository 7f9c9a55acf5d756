package dev.hindsight.backend.cpu.loops;

import static dev.hindsight.backend.cpu.loops.VectorMath.FLOATS;
import static dev.hindsight.backend.cpu.loops.VectorMath.STEP;
import static dev.hindsight.backend.cpu.loops.VectorMath.load;
import static dev.hindsight.backend.cpu.loops.VectorMath.loadBf16;
import static dev.hindsight.backend.cpu.loops.VectorMath.rest;
import static dev.hindsight.backend.cpu.loops.VectorMath.store;
import static dev.hindsight.backend.cpu.loops.VectorMath.storeBf16;
import static dev.hindsight.backend.cpu.loops.VectorMath.whole;

import jdk.incubator.vector.FloatVector;

/// On whole vectors of floats and half ones of bf16. What is left over at the end is in one more
/// vector that ends there, and so begins among numbers that are done; where there is none, as
/// [ScalarBf16] has it.
final class VectorBf16 implements Bf16Loops {
  private static final ScalarBf16 REST = new ScalarBf16();

  @Override
  public void widen(long from, long to, long count) {
    long end = whole(count);
    for (long o = 0; o < end; o += STEP) {
      store(loadBf16(from + o / 2), to + o);
    }
    if (end == 0) {
      REST.widen(from, to, count);
    } else if (rest(count) > 0) {
      long last = last(count);
      store(loadBf16(from + last / 2), to + last);
    }
  }

  @Override
  public void round(long from, long to, long count) {
    long end = whole(count);
    for (long o = 0; o < end; o += STEP) {
      storeBf16(load(from + o), to + o / 2);
    }
    if (end == 0) {
      REST.round(from, to, count);
    } else if (rest(count) > 0) {
      long last = last(count);
      storeBf16(load(from + last), to + last / 2);
    }
  }

  @Override
  public void add(long from, long sum, long count) {
    long end = whole(count);
    for (long o = 0; o < end; o += STEP) {
      store(load(sum + o).add(loadBf16(from + o / 2)), sum + o);
    }
    REST.add(from + end / 2, sum + end, rest(count)); // once each
  }

  /// Where the vector begins that ends with the last number, in bytes of floats.
  private static long last(long count) {
    return count * Float.BYTES - STEP;
  }

  @Override
  public boolean allFinite(long x, long count) {
    // x - x is 0 or NaN, and NaN stays in a sum.
    FloatVector poison = FloatVector.zero(FLOATS);
    long end = whole(count);
    for (long o = 0; o < end; o += STEP) {
      FloatVector value = loadBf16(x + o / 2);
      poison = poison.add(value.sub(value));
    }
    return VectorMath.sum(poison) == 0 && REST.allFinite(x + end / 2, rest(count));
  }

  @Override
  public boolean allFinite(long x, int rows, int columns, int pitch) {
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
        && REST.allFinite(x + end / 2, rows, Math.toIntExact(rest(columns)), pitch);
  }
}
