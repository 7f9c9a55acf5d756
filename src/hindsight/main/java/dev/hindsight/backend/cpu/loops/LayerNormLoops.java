package dev.hindsight.backend.cpu.loops;

import static dev.hindsight.backend.LayerNorm.EPSILON;
import static dev.hindsight.backend.cpu.loops.VectorMath.STEP;
import static dev.hindsight.backend.cpu.loops.VectorMath.constant;
import static dev.hindsight.backend.cpu.loops.VectorMath.load;
import static dev.hindsight.backend.cpu.loops.VectorMath.rest;
import static dev.hindsight.backend.cpu.loops.VectorMath.restMask;
import static dev.hindsight.backend.cpu.loops.VectorMath.store;
import static dev.hindsight.backend.cpu.loops.VectorMath.whole;

import dev.hindsight.backend.cpu.machine.Native;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/// The parts of layer normalization over dense rows at raw addresses, on the calling thread. `mean`
/// and `rstd` hold a number for each row; n = (x - mean)·rstd is a row normalized.
///
/// On whole vectors, and under a mask on what is left over at the end of a row. A loop goes over
/// many rows, so that the sum of one, which is a chain of additions, overlaps with that of the
/// next.
public final class LayerNormLoops {
  private LayerNormLoops() {}

  public static void means(long x, int rows, int columns, long mean) {
    long end = whole(columns);
    VectorMask<Float> rest = restMask(columns);
    for (int r = 0; r < rows; r++) {
      long in = Native.at(x, r, columns, 0);
      FloatVector sum = constant(0);
      for (long o = 0; o < end; o += STEP) {
        sum = sum.add(load(in + o));
      }
      if (rest(columns) > 0) {
        sum = sum.add(load(in + end, rest));
      }
      Native.put(mean, r, VectorMath.sum(sum) / columns);
    }
  }

  /// rstd = 1 / √(avg((x - mean)²) + epsilon)
  public static void scales(long x, int rows, int columns, long mean, long rstd) {
    long end = whole(columns);
    VectorMask<Float> rest = restMask(columns);
    for (int r = 0; r < rows; r++) {
      long in = Native.at(x, r, columns, 0);
      FloatVector centre = constant(Native.get(mean, r));
      FloatVector sum = constant(0);
      for (long o = 0; o < end; o += STEP) {
        FloatVector distance = load(in + o).sub(centre);
        sum = distance.fma(distance, sum);
      }
      if (rest(columns) > 0) {
        FloatVector distance = load(in + end, rest).sub(centre, rest);
        sum = distance.fma(distance, sum);
      }
      float variance = VectorMath.sum(sum) / columns;
      Native.put(rstd, r, (float) (1 / Math.sqrt(variance + EPSILON)));
    }
  }

  /// y = n·gain + bias
  public static void normalize(
      long x, int rows, int columns, long mean, long rstd, long gain, long bias, long y) {
    long end = whole(columns);
    VectorMask<Float> rest = restMask(columns);
    for (int r = 0; r < rows; r++) {
      long in = Native.at(x, r, columns, 0);
      long out = Native.at(y, r, columns, 0);
      FloatVector centre = constant(Native.get(mean, r));
      FloatVector scale = constant(Native.get(rstd, r));
      for (long o = 0; o < end; o += STEP) {
        FloatVector normal = load(in + o).sub(centre).mul(scale);
        store(normal.fma(load(gain + o), load(bias + o)), out + o);
      }
      if (rest(columns) > 0) {
        FloatVector normal = load(in + end, rest).sub(centre).mul(scale);
        store(normal.fma(load(gain + end, rest), load(bias + end, rest)), out + end, rest);
      }
    }
  }

  /// dgain += n·dy, dbias += dy, row by row
  public static void addGains(
      long x, int rows, int columns, long mean, long rstd, long dy, long dgain, long dbias) {
    long end = whole(columns);
    VectorMask<Float> rest = restMask(columns);
    for (int r = 0; r < rows; r++) {
      long in = Native.at(x, r, columns, 0);
      long slopes = Native.at(dy, r, columns, 0);
      FloatVector centre = constant(Native.get(mean, r));
      FloatVector scale = constant(Native.get(rstd, r));
      for (long o = 0; o < end; o += STEP) {
        FloatVector up = load(slopes + o);
        FloatVector normal = load(in + o).sub(centre).mul(scale);
        store(normal.fma(up, load(dgain + o)), dgain + o);
        store(up.add(load(dbias + o)), dbias + o);
      }
      if (rest(columns) > 0) {
        FloatVector up = load(slopes + end, rest);
        FloatVector normal = load(in + end, rest).sub(centre).mul(scale);
        store(normal.fma(up, load(dgain + end, rest)), dgain + end, rest);
        store(up.add(load(dbias + end, rest)), dbias + end, rest);
      }
    }
  }

  /// shift = rstd·avg(gain·dy), stretch = rstd²·avg(n·gain·dy), averages over a row
  ///
  /// @param numbers mean, rstd, shift and stretch, `rows` of each
  public static void averages(long x, int rows, int columns, long numbers, long gain, long dy) {
    long end = whole(columns);
    VectorMask<Float> rest = restMask(columns);
    for (int r = 0; r < rows; r++) {
      long in = Native.at(x, r, columns, 0);
      long up = Native.at(dy, r, columns, 0);
      float scale = Native.get(numbers, rows + r);
      FloatVector centre = constant(Native.get(numbers, r));
      FloatVector slopes = VectorMath.products(gain, up, end);
      FloatVector along = constant(0);
      for (long o = 0; o < end; o += STEP) {
        FloatVector slope = load(gain + o).mul(load(up + o));
        along = load(in + o).sub(centre).fma(slope, along);
      }
      if (rest(columns) > 0) {
        FloatVector slope = load(gain + end, rest).mul(load(up + end, rest));
        slopes = slopes.add(slope);
        along = load(in + end, rest).sub(centre, rest).fma(slope, along);
      }
      Native.put(numbers, 2L * rows + r, scale * VectorMath.sum(slopes) / columns);
      float average = VectorMath.sum(along) / columns;
      Native.put(numbers, 3L * rows + r, scale * scale * scale * average);
    }
  }

  /// dx += rstd·gain·dy - shift - stretch·(x - mean)
  public static void backward(
      long x, int rows, int columns, long numbers, long gain, long dy, long dx) {
    long end = whole(columns);
    VectorMask<Float> rest = restMask(columns);
    for (int r = 0; r < rows; r++) {
      long in = Native.at(x, r, columns, 0);
      long up = Native.at(dy, r, columns, 0);
      long to = Native.at(dx, r, columns, 0);
      FloatVector centre = constant(Native.get(numbers, r));
      FloatVector scale = constant(Native.get(numbers, rows + r));
      FloatVector down = constant(-Native.get(numbers, 2L * rows + r));
      FloatVector pull = constant(-Native.get(numbers, 3L * rows + r));
      for (long o = 0; o < end; o += STEP) {
        FloatVector slope = load(gain + o).mul(scale);
        FloatVector offset = load(in + o).sub(centre).fma(pull, down);
        store(slope.fma(load(up + o), offset).add(load(to + o)), to + o);
      }
      if (rest(columns) > 0) {
        FloatVector slope = load(gain + end, rest).mul(scale);
        FloatVector offset = load(in + end, rest).sub(centre).fma(pull, down);
        store(slope.fma(load(up + end, rest), offset).add(load(to + end, rest)), to + end, rest);
      }
    }
  }
}
