package dev.hindsight.backend.cpu.loops;

import static dev.hindsight.backend.cpu.loops.VectorMath.STEP;
import static dev.hindsight.backend.cpu.loops.VectorMath.constant;
import static dev.hindsight.backend.cpu.loops.VectorMath.load;
import static dev.hindsight.backend.cpu.loops.VectorMath.rest;
import static dev.hindsight.backend.cpu.loops.VectorMath.store;
import static dev.hindsight.backend.cpu.loops.VectorMath.whole;

import dev.hindsight.backend.cpu.machine.Native;
import jdk.incubator.vector.FloatVector;

/// The parts of attention over a piece of one row, on the calling thread, over `count` floats at
/// raw addresses: on whole vectors, what is left over at the end one by one.
public final class AttentionLoops {
  private AttentionLoops() {}

  /// The largest scale·x; -∞ of nothing, NaN where there is one.
  public static float largest(long x, float scale, long count) {
    long end = whole(count);
    FloatVector factor = constant(scale);
    FloatVector largest = constant(Float.NEGATIVE_INFINITY);
    for (long o = 0; o < end; o += STEP) {
      largest = largest.max(load(x + o).mul(factor));
    }
    return Math.max(
        VectorMath.largest(largest), AttentionRests.largest(x + end, scale, rest(count)));
  }

  /// y = exp(scale·x - shift), where no exponent is much above 0.
  ///
  /// @return Σ y
  public static float exponentials(long x, float scale, float shift, long y, long count) {
    long end = whole(count);
    FloatVector factor = constant(scale);
    FloatVector down = constant(shift);
    FloatVector sum = constant(0);
    for (long o = 0; o < end; o += STEP) {
      FloatVector e = VectorMath.expOfNegative(load(x + o).mul(factor).sub(down));
      store(e, y + o);
      sum = sum.add(e);
    }
    return VectorMath.sum(sum)
        + AttentionRests.exponentials(x + end, scale, shift, y + end, rest(count));
  }

  /// x = factor·x
  public static void multiply(float factor, long x, long count) {
    long end = whole(count);
    FloatVector scale = constant(factor);
    for (long o = 0; o < end; o += STEP) {
      store(load(x + o).mul(scale), x + o);
    }
    AttentionRests.multiply(factor, x + end, rest(count));
  }

  /// dp = p·(dp - delta)·scale
  public static void softmaxSlope(long p, long dp, float delta, float scale, long count) {
    long end = whole(count);
    FloatVector down = constant(delta);
    FloatVector factor = constant(scale);
    for (long o = 0; o < end; o += STEP) {
      store(load(dp + o).sub(down).mul(load(p + o).mul(factor)), dp + o);
    }
    AttentionRests.softmaxSlope(p + end, dp + end, delta, scale, rest(count));
  }

  /// The softmax of columns, a tile of `rows` rows after the other, `pitch` floats from one to the
  /// next: what is summed over rows stays in its lane. What lies behind the columns, up to the next
  /// multiple of 16, may change too.
  ///
  /// s = exp(scale·s - largest)
  ///
  /// @param largest gets the larger of what it held and scale·s of its column
  /// @param falls gets what `largest` held before minus what it holds now
  /// @param sums gets Σ s of this tile
  public static void exponentialColumns(
      long s, int rows, int columns, int pitch, float scale, long largest, long falls, long sums) {
    long step = (long) pitch * Float.BYTES;
    for (long o = 0; o < (long) columns * Float.BYTES; o += STEP) {
      largestOfLanes(s + o, rows, step, scale, largest + o, falls + o);
      exponentialLanes(s + o, rows, step, scale, largest + o, sums + o);
    }
  }

  private static void largestOfLanes(
      long s, int rows, long step, float scale, long largest, long fall) {
    FloatVector factor = constant(scale);
    FloatVector upper = constant(Float.NEGATIVE_INFINITY);
    FloatVector lower = constant(Float.NEGATIVE_INFINITY);
    int half = (rows + 1) / 2;
    long at = s;
    long below = s + (rows - half) * step; // both halves have the middle row of an odd number
    for (int row = 0; row < half; row++, at += step, below += step) {
      upper = VectorMath.larger(upper, load(at).mul(factor));
      lower = VectorMath.larger(lower, load(below).mul(factor));
    }
    FloatVector before = load(largest);
    FloatVector most = VectorMath.larger(before, VectorMath.larger(upper, lower));
    store(before.sub(most), fall);
    store(most, largest);
  }

  private static void exponentialLanes(
      long s, int rows, long step, float scale, long largest, long sums) {
    FloatVector factor = constant(scale);
    FloatVector down = load(largest);
    FloatVector sum = constant(0);
    long at = s;
    for (int row = 0; row < rows; row++, at += step) {
      FloatVector e = VectorMath.expOfNegative(load(at).mul(factor).sub(down));
      store(e, at);
      sum = sum.add(e);
    }
    store(sum, sums);
  }

  /// s = exp(scale·s - lse) and dp = s·(dp - delta)·scale, over columns as above, each of which has
  /// its lse and delta
  public static void slopeColumns(
      long s, long dp, int rows, int columns, int pitch, float scale, long lse, long delta) {
    long step = (long) pitch * Float.BYTES;
    for (long o = 0; o < (long) columns * Float.BYTES; o += STEP) {
      slopeLanes(s + o, dp + o, rows, step, scale, lse + o, delta + o);
    }
  }

  private static void slopeLanes(
      long s, long dp, int rows, long step, float scale, long lse, long delta) {
    FloatVector factor = constant(scale);
    FloatVector down = load(lse);
    FloatVector less = load(delta);
    long at = s;
    long slope = dp;
    for (int row = 0; row < rows; row++, at += step, slope += step) {
      FloatVector p = VectorMath.expOfNegative(load(at).mul(factor).sub(down));
      store(p, at);
      store(load(slope).sub(less).mul(p.mul(factor)), slope);
    }
  }

  /// `y[j]` = row j of a · row j of b, each of `width` floats; a pitch of 0 is one row again and
  /// again
  public static void dots(long a, int pitchA, long b, int pitchB, int rows, int width, long y) {
    long end = whole(width);
    long rest = rest(width);
    for (int j = 0; j < rows; j++) {
      long left = Native.at(a, j, pitchA, 0);
      long right = Native.at(b, j, pitchB, 0);
      FloatVector sum = constant(0);
      for (long o = 0; o < end; o += STEP) {
        sum = load(left + o).fma(load(right + o), sum);
      }
      float dot = VectorMath.sum(sum);
      for (long o = end; o < end + rest * Float.BYTES; o += Float.BYTES) {
        dot += Native.get(left + o) * Native.get(right + o);
      }
      Native.put(y, j, dot);
    }
  }

  /// Whether all of `rows` rows are finite; false too where the sum of a column overflows.
  public static boolean allFinite(long x, int rows, int columns, int pitch) {
    long end = whole(columns);
    long step = (long) pitch * Float.BYTES;
    FloatVector sum = constant(0);
    for (long o = 0; o < end; o += STEP) {
      long at = x + o;
      for (int row = 0; row < rows; row++, at += step) {
        sum = sum.add(load(at));
      }
    }
    return Float.isFinite(VectorMath.sum(sum))
        && AttentionRests.allFinite(x + end, rows, Math.toIntExact(rest(columns)), pitch);
  }

  /// `y = Σ_j p[j]` · row j of values
  public static void weightedSum(long p, int count, long values, int pitch, int width, long y) {
    long end = whole(width);
    long step = (long) pitch * Float.BYTES;
    for (long o = 0; o < end; o += STEP) {
      FloatVector sum = constant(0);
      long value = values + o;
      for (int j = 0; j < count; j++, value += step) {
        sum = load(value).fma(constant(Native.get(p, j)), sum);
      }
      store(sum, y + o);
    }
    AttentionRests.weightedSum(
        p, count, values + end, pitch, Math.toIntExact(rest(width)), y + end);
  }
}
