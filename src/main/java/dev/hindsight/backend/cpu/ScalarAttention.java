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
  public void scores(long q, long keys, int pitch, int width, long p, int count) {
    for (int j = 0; j < count; j++) {
      float score = 0;
      for (int d = 0; d < width; d++) {
        score += Raw.get(Raw.at(q, d)) * Raw.get(Dense.at(keys, j, pitch, d));
      }
      Raw.put(Raw.at(p, j), score);
    }
  }

  @Override
  public void weightedSum(long p, int count, long values, int pitch, int width, long y) {
    for (int d = 0; d < width; d++) {
      float sum = 0;
      for (int j = 0; j < count; j++) {
        sum += Raw.get(Raw.at(p, j)) * Raw.get(Dense.at(values, j, pitch, d));
      }
      Raw.put(Raw.at(y, d), sum);
    }
  }
}
