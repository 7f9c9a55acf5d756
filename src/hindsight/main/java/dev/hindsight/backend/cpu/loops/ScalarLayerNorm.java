package dev.hindsight.backend.cpu.loops;

import static dev.hindsight.backend.LayerNorm.EPSILON;
import static dev.hindsight.backend.cpu.machine.Native.get;
import static dev.hindsight.backend.cpu.machine.Native.put;

import dev.hindsight.backend.cpu.machine.Native;

/// One element at a time, sums over a row in double.
final class ScalarLayerNorm implements LayerNormLoops {
  private static void add(long base, long index, float by) {
    put(base, index, get(base, index) + by);
  }

  @Override
  public void means(long x, int rows, int columns, long mean) {
    for (int r = 0; r < rows; r++) {
      long in = Native.at(x, r, columns, 0);
      double sum = 0;
      for (int c = 0; c < columns; c++) {
        sum += get(in, c);
      }
      put(mean, r, (float) sum / columns);
    }
  }

  @Override
  public void scales(long x, int rows, int columns, long mean, long rstd) {
    for (int r = 0; r < rows; r++) {
      long in = Native.at(x, r, columns, 0);
      double sum = 0;
      for (int c = 0; c < columns; c++) {
        double distance = get(in, c) - get(mean, r);
        sum += distance * distance;
      }
      put(rstd, r, (float) (1 / Math.sqrt((float) sum / columns + EPSILON)));
    }
  }

  @Override
  public void normalize(
      long x, int rows, int columns, long mean, long rstd, long gain, long bias, long y) {
    for (int r = 0; r < rows; r++) {
      long in = Native.at(x, r, columns, 0);
      long out = Native.at(y, r, columns, 0);
      for (int c = 0; c < columns; c++) {
        float n = (get(in, c) - get(mean, r)) * get(rstd, r);
        put(out, c, n * get(gain, c) + get(bias, c));
      }
    }
  }

  @Override
  public void addGains(
      long x, int rows, int columns, long mean, long rstd, long dy, long dgain, long dbias) {
    for (int r = 0; r < rows; r++) {
      long in = Native.at(x, r, columns, 0);
      long up = Native.at(dy, r, columns, 0);
      for (int c = 0; c < columns; c++) {
        add(dgain, c, (get(in, c) - get(mean, r)) * get(rstd, r) * get(up, c));
        add(dbias, c, get(up, c));
      }
    }
  }

  @Override
  public void averages(long x, int rows, int columns, long numbers, long gain, long dy) {
    for (int r = 0; r < rows; r++) {
      long in = Native.at(x, r, columns, 0);
      long up = Native.at(dy, r, columns, 0);
      float mean = get(numbers, r);
      float rstd = get(numbers, rows + r);
      double slopes = 0;
      double along = 0;
      for (int c = 0; c < columns; c++) {
        double slope = (double) get(gain, c) * get(up, c);
        slopes += slope;
        along += ((double) get(in, c) - mean) * slope;
      }
      put(numbers, 2L * rows + r, rstd * (float) slopes / columns);
      put(numbers, 3L * rows + r, rstd * rstd * rstd * ((float) along / columns));
    }
  }

  @Override
  public void backward(long x, int rows, int columns, long numbers, long gain, long dy, long dx) {
    for (int r = 0; r < rows; r++) {
      long in = Native.at(x, r, columns, 0);
      long up = Native.at(dy, r, columns, 0);
      long down = Native.at(dx, r, columns, 0);
      float mean = get(numbers, r);
      float rstd = get(numbers, rows + r);
      float shift = get(numbers, 2L * rows + r);
      float stretch = get(numbers, 3L * rows + r);
      for (int c = 0; c < columns; c++) {
        float slope = rstd * get(gain, c) * get(up, c);
        add(down, c, slope - shift - stretch * (get(in, c) - mean));
      }
    }
  }
}
