package dev.hindsight.backend.cpu.loops;

import static dev.hindsight.backend.cpu.machine.Native.get;
import static dev.hindsight.backend.cpu.machine.Native.put;

import dev.hindsight.backend.cpu.machine.Native;

/// One element at a time, functions in double.
final class ScalarAttention implements AttentionLoops {
  @Override
  public float largest(long x, float scale, long count) {
    float largest = Float.NEGATIVE_INFINITY;
    for (long k = 0; k < count; k++) {
      largest = Math.max(largest, scale * get(x, k));
    }
    return largest;
  }

  @Override
  public float exponentials(long x, float scale, float shift, long y, long count) {
    double sum = 0;
    for (long k = 0; k < count; k++) {
      float e = (float) Math.exp(scale * get(x, k) - shift);
      put(y, k, e);
      sum += e;
    }
    return (float) sum;
  }

  @Override
  public void multiply(float factor, long x, long count) {
    for (long k = 0; k < count; k++) {
      long at = Native.at(x, k);
      put(at, factor * get(at));
    }
  }

  @Override
  public void softmaxSlope(long p, long dp, float delta, float scale, long count) {
    for (long k = 0; k < count; k++) {
      long at = Native.at(dp, k);
      put(at, get(p, k) * (get(at) - delta) * scale);
    }
  }

  @Override
  public void exponentialColumns(
      long s, int rows, int columns, int pitch, float scale, long largest, long falls, long sums) {
    for (int column = 0; column < columns; column++) {
      float before = get(largest, column);
      float most = before;
      for (int row = 0; row < rows; row++) {
        most = Math.max(most, scale * get(Native.at(s, row, pitch, column)));
      }
      double sum = 0;
      for (int row = 0; row < rows; row++) {
        long at = Native.at(s, row, pitch, column);
        float e = (float) Math.exp(scale * get(at) - most);
        put(at, e);
        sum += e;
      }
      put(largest, column, most);
      put(falls, column, before - most);
      put(sums, column, (float) sum);
    }
  }

  @Override
  public void slopeColumns(
      long s, long dp, int rows, int columns, int pitch, float scale, long lse, long delta) {
    for (int row = 0; row < rows; row++) {
      for (int column = 0; column < columns; column++) {
        long at = Native.at(s, row, pitch, column);
        long slope = Native.at(dp, row, pitch, column);
        float p = (float) Math.exp(scale * get(at) - get(lse, column));
        put(at, p);
        put(slope, p * (get(slope) - get(delta, column)) * scale);
      }
    }
  }

  @Override
  public void dots(long a, int pitchA, long b, int pitchB, int rows, int width, long y) {
    for (int j = 0; j < rows; j++) {
      float dot = 0;
      for (int d = 0; d < width; d++) {
        dot += get(Native.at(a, j, pitchA, d)) * get(Native.at(b, j, pitchB, d));
      }
      put(y, j, dot);
    }
  }

  @Override
  public boolean allFinite(long x, int rows, int columns, int pitch) {
    for (int row = 0; row < rows; row++) {
      for (int column = 0; column < columns; column++) {
        if (!Float.isFinite(get(Native.at(x, row, pitch, column)))) {
          return false;
        }
      }
    }
    return true;
  }

  @Override
  public void weightedSum(long p, int count, long values, int pitch, int width, long y) {
    for (int d = 0; d < width; d++) {
      float sum = 0;
      for (int j = 0; j < count; j++) {
        sum += get(p, j) * get(Native.at(values, j, pitch, d));
      }
      put(y, d, sum);
    }
  }
}
