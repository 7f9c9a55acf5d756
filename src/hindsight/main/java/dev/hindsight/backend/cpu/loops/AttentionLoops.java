package dev.hindsight.backend.cpu.loops;

/// The parts of attention over a piece of one row, on the calling thread, over `count` floats at
/// raw addresses.
public interface AttentionLoops {
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

  /// The softmax of columns, a tile of `rows` rows after the other, `pitch` floats from one to the
  /// next: what is summed over rows stays in its lane. What lies behind the columns, up to the next
  /// multiple of 16, may change too.
  ///
  /// s = exp(scale·s - largest)
  ///
  /// @param largest gets the larger of what it held and scale·s of its column
  /// @param falls gets what `largest` held before minus what it holds now
  /// @param sums gets Σ s of this tile
  void exponentialColumns(
      long s, int rows, int columns, int pitch, float scale, long largest, long falls, long sums);

  /// s = exp(scale·s - lse) and dp = s·(dp - delta)·scale, over columns as above, each of which has
  /// its lse and delta
  void slopeColumns(
      long s, long dp, int rows, int columns, int pitch, float scale, long lse, long delta);

  /// `y[j]` = row j of a · row j of b, each of `width` floats; a pitch of 0 is one row again and
  /// again
  void dots(long a, int pitchA, long b, int pitchB, int rows, int width, long y);

  /// Whether all of `rows` rows are finite; false too where the sum of a column overflows.
  boolean allFinite(long x, int rows, int columns, int pitch);

  /// `y = Σ_j p[j]` · row j of values
  void weightedSum(long p, int count, long values, int pitch, int width, long y);
}
