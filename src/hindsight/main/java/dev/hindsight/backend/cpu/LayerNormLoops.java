package dev.hindsight.backend.cpu;

/// The parts of layer normalization over one row, on the calling thread, over `count` floats at raw
/// addresses. n = (x - mean)·rstd is the normalized row.
interface LayerNormLoops {
  /// Σ x
  float sum(long x, long count);

  /// Σ (x - mean)²
  float squaredDistance(long x, float mean, long count);

  /// y = n·gain + bias
  void normalize(long x, float mean, float rstd, long gain, long bias, long y, long count);

  /// Σ (x - mean)·gain·dy
  float slopeAlong(long x, float mean, long gain, long dy, long count);

  /// dgain += n·dy, dbias += dy
  void addGains(long x, float mean, float rstd, long dy, long dgain, long dbias, long count);

  /// dx += rstd·gain·dy - shift - stretch·(x - mean)
  void backward(
      long x,
      float mean,
      float rstd,
      long gain,
      long dy,
      float shift,
      float stretch,
      long dx,
      long count);
}
