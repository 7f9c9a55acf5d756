package dev.hindsight.backend.cpu;

/// One element at a time, sums in double.
final class ScalarLayerNorm implements LayerNormLoops {
  private static float get(long base, long index) {
    return Raw.get(Raw.at(base, index));
  }

  private static void add(long base, long index, float by) {
    long at = Raw.at(base, index);
    Raw.put(at, Raw.get(at) + by);
  }

  @Override
  public float sum(long x, long count) {
    double sum = 0;
    for (long k = 0; k < count; k++) {
      sum += get(x, k);
    }
    return (float) sum;
  }

  @Override
  public float squaredDistance(long x, float mean, long count) {
    double sum = 0;
    for (long k = 0; k < count; k++) {
      double distance = get(x, k) - mean;
      sum += distance * distance;
    }
    return (float) sum;
  }

  @Override
  public void normalize(long x, float mean, float rstd, long gain, long bias, long y, long count) {
    for (long k = 0; k < count; k++) {
      Raw.put(Raw.at(y, k), (get(x, k) - mean) * rstd * get(gain, k) + get(bias, k));
    }
  }

  @Override
  public float slopeAlong(long x, float mean, long gain, long dy, long count) {
    double sum = 0;
    for (long k = 0; k < count; k++) {
      sum += ((double) get(x, k) - mean) * get(gain, k) * get(dy, k);
    }
    return (float) sum;
  }

  @Override
  public void addGains(
      long x, float mean, float rstd, long dy, long dgain, long dbias, long count) {
    for (long k = 0; k < count; k++) {
      add(dgain, k, (get(x, k) - mean) * rstd * get(dy, k));
      add(dbias, k, get(dy, k));
    }
  }

  @Override
  public void backward(
      long x,
      float mean,
      float rstd,
      long gain,
      long dy,
      float shift,
      float stretch,
      long dx,
      long count) {
    for (long k = 0; k < count; k++) {
      add(dx, k, rstd * get(gain, k) * get(dy, k) - shift - stretch * (get(x, k) - mean));
    }
  }
}
