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
}
