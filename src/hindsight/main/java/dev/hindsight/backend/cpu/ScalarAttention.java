package dev.hindsight.backend.cpu;

/// One element at a time, functions in double.
final class ScalarAttention implements AttentionLoops {
  @Override
  public float largest(long x, float scale, long count) {
    float largest = Float.NEGATIVE_INFINITY;
    for (long k = 0; k < count; k++) {
      largest = Math.max(largest, scale * Raw.get(Raw.at(x, k)));
    }
    return largest;
  }

  @Override
  public float exponentials(long x, float scale, float shift, long y, long count) {
    double sum = 0;
    for (long k = 0; k < count; k++) {
      float e = (float) Math.exp(scale * Raw.get(Raw.at(x, k)) - shift);
      Raw.put(Raw.at(y, k), e);
      sum += e;
    }
    return (float) sum;
  }

  @Override
  public void multiply(float factor, long x, long count) {
    for (long k = 0; k < count; k++) {
      long at = Raw.at(x, k);
      Raw.put(at, factor * Raw.get(at));
    }
  }

  @Override
  public void softmaxSlope(long p, long dp, float delta, float scale, long count) {
    for (long k = 0; k < count; k++) {
      long at = Raw.at(dp, k);
      Raw.put(at, Raw.get(Raw.at(p, k)) * (Raw.get(at) - delta) * scale);
    }
  }

  @Override
  public void exponentialColumns(
      long s, int rows, int columns, int pitch, float scale, long largest, long falls, long sums) {
    for (int column = 0; column < columns; column++) {
      float before = Raw.get(Raw.at(largest, column));
      float most = before;
      for (int row = 0; row < rows; row++) {
        most = Math.max(most, scale * Raw.get(Raw.at(s, row, pitch, column)));
      }
      double sum = 0;
      for (int row = 0; row < rows; row++) {
        long at = Raw.at(s, row, pitch, column);
        float e = (float) Math.exp(scale * Raw.get(at) - most);
        Raw.put(at, e);
        sum += e;
      }
      Raw.put(Raw.at(largest, column), most);
      Raw.put(Raw.at(falls, column), before - most);
      Raw.put(Raw.at(sums, column), (float) sum);
    }
  }

  @Override
  public void slopeColumns(
      long s, long dp, int rows, int columns, int pitch, float scale, long lse, long delta) {
    for (int row = 0; row < rows; row++) {
      for (int column = 0; column < columns; column++) {
        long at = Raw.at(s, row, pitch, column);
        long slope = Raw.at(dp, row, pitch, column);
        float p = (float) Math.exp(scale * Raw.get(at) - Raw.get(Raw.at(lse, column)));
        Raw.put(at, p);
        Raw.put(slope, p * (Raw.get(slope) - Raw.get(Raw.at(delta, column))) * scale);
      }
    }
  }

  @Override
  public void dots(long a, int pitchA, long b, int pitchB, int rows, int width, long y) {
    for (int j = 0; j < rows; j++) {
      float dot = 0;
      for (int d = 0; d < width; d++) {
        dot += Raw.get(Raw.at(a, j, pitchA, d)) * Raw.get(Raw.at(b, j, pitchB, d));
      }
      Raw.put(Raw.at(y, j), dot);
    }
  }

  @Override
  public boolean allFinite(long x, int rows, int columns, int pitch) {
    for (int row = 0; row < rows; row++) {
      for (int column = 0; column < columns; column++) {
        if (!Float.isFinite(Raw.get(Raw.at(x, row, pitch, column)))) {
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
        sum += Raw.get(Raw.at(p, j)) * Raw.get(Raw.at(values, j, pitch, d));
      }
      Raw.put(Raw.at(y, d), sum);
    }
  }
}
