package dev.hindsight.backend.cpu;

import static dev.hindsight.backend.LayerNorm.EPSILON;

/// One element at a time, sums over a row in double.
final class ScalarLayerNorm implements LayerNormLoops {
  private static float get(long base, long index) {
    return Raw.get(Raw.at(base, index));
  }

  private static void put(long base, long index, float value) {
    Raw.put(Raw.at(base, index), value);
  }

  private static void add(long base, long index, float by) {
    put(base, index, get(base, index) + by);
  }

  @Override
  public void means(long x, int rows, int columns, long mean) {
    for (int r = 0; r < rows; r++) {
      long in = Raw.at(x, r, columns, 0);
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
      long in = Raw.at(x, r, columns, 0);
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
      long in = Raw.at(x, r, columns, 0);
      long out = Raw.at(y, r, columns, 0);
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
      long in = Raw.at(x, r, columns, 0);
      long up = Raw.at(dy, r, columns, 0);
      for (int c = 0; c < columns; c++) {
        add(dgain, c, (get(in, c) - get(mean, r)) * get(rstd, r) * get(up, c));
        add(dbias, c, get(up, c));
      }
    }
  }

  @Override
  public void averages(
      long x,
      int rows,
      int columns,
      long mean,
      long rstd,
      long gain,
      long dy,
      long shift,
      long stretch) {
    for (int r = 0; r < rows; r++) {
      long in = Raw.at(x, r, columns, 0);
      long up = Raw.at(dy, r, columns, 0);
      double slopes = 0;
      double along = 0;
      for (int c = 0; c < columns; c++) {
        double slope = (double) get(gain, c) * get(up, c);
        slopes += slope;
        along += ((double) get(in, c) - get(mean, r)) * slope;
      }
      float scale = get(rstd, r);
      put(shift, r, scale * (float) slopes / columns);
      put(stretch, r, scale * scale * scale * ((float) along / columns));
    }
  }

  @Override
  public void backward(
      long x,
      int rows,
      int columns,
      long mean,
      long rstd,
      long gain,
      long dy,
      long shift,
      long stretch,
      long dx) {
    for (int r = 0; r < rows; r++) {
      long in = Raw.at(x, r, columns, 0);
      long up = Raw.at(dy, r, columns, 0);
      long down = Raw.at(dx, r, columns, 0);
      for (int c = 0; c < columns; c++) {
        float slope = get(rstd, r) * get(gain, c) * get(up, c);
        add(down, c, slope - get(shift, r) - get(stretch, r) * (get(in, c) - get(mean, r)));
      }
    }
  }
}
