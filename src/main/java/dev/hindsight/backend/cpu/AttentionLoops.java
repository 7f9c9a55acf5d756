package dev.hindsight.backend.cpu;

/// The parts of attention over a piece of one row, on the calling thread, over `count` floats at
/// raw addresses.
interface AttentionLoops {
  /// The largest scale·x; -∞ of nothing, NaN where there is one.
  float largest(long x, float scale, long count);

  /// y = exp(scale·x - shift), where no exponent is much above 0.
  ///
  /// @return Σ y
  float exponentials(long x, float scale, float shift, long y, long count);

  /// x = factor·x
  void multiply(float factor, long x, long count);

  /// dp = p·(dp - delta)·scale
  void softmaxSlope(long p, long dp, float delta, float scale, long count);

  /// p[j] = q · row j of keys, for the first `count` rows of `width` floats, `pitch` apart.
  void scores(long q, long keys, int pitch, int width, long p, int count);

  /// y = Σ_j p[j] · row j of values
  void weightedSum(long p, int count, long values, int pitch, int width, long y);
}
