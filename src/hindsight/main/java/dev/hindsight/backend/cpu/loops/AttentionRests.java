package dev.hindsight.backend.cpu.loops;

import static dev.hindsight.backend.cpu.machine.Native.get;
import static dev.hindsight.backend.cpu.machine.Native.put;

import dev.hindsight.backend.cpu.machine.Native;

/// Single elements that [AttentionLoops] leaves over, functions in double.
final class AttentionRests {
  private AttentionRests() {}

  static float largest(long x, float scale, long count) {
    float largest = Float.NEGATIVE_INFINITY;
    for (long k = 0; k < count; k++) {
      largest = Math.max(largest, scale * get(x, k));
    }
    return largest;
  }

  static float exponentials(long x, float scale, float shift, long y, long count) {
    double sum = 0;
    for (long k = 0; k < count; k++) {
      float e = (float) Math.exp(scale * get(x, k) - shift);
      put(y, k, e);
      sum += e;
    }
    return (float) sum;
  }

  static void multiply(float factor, long x, long count) {
    for (long k = 0; k < count; k++) {
      long at = Native.at(x, k);
      put(at, factor * get(at));
    }
  }

  static void softmaxSlope(long p, long dp, float delta, float scale, long count) {
    for (long k = 0; k < count; k++) {
      long at = Native.at(dp, k);
      put(at, get(p, k) * (get(at) - delta) * scale);
    }
  }

  static boolean allFinite(long x, int rows, int columns, int pitch) {
    for (int row = 0; row < rows; row++) {
      for (int column = 0; column < columns; column++) {
        if (!Float.isFinite(get(Native.at(x, row, pitch, column)))) {
          return false;
        }
      }
    }
    return true;
  }

  static void weightedSum(long p, int count, long values, int pitch, int width, long y) {
    for (int d = 0; d < width; d++) {
      float sum = 0;
      for (int j = 0; j < count; j++) {
        sum += get(p, j) * get(Native.at(values, j, pitch, d));
      }
      put(y, d, sum);
    }
  }
}
