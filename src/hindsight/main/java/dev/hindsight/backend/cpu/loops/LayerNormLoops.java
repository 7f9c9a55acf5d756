package dev.hindsight.backend.cpu.loops;

/// The parts of layer normalization over dense rows at raw addresses, on the calling thread. `mean`
/// and `rstd` hold a number for each row; n = (x - mean)·rstd is a row normalized.
public interface LayerNormLoops {
  void means(long x, int rows, int columns, long mean);

  /// rstd = 1 / √(avg((x - mean)²) + epsilon)
  void scales(long x, int rows, int columns, long mean, long rstd);

  /// y = n·gain + bias
  void normalize(long x, int rows, int columns, long mean, long rstd, long gain, long bias, long y);

  /// dgain += n·dy, dbias += dy, row by row
  void addGains(
      long x, int rows, int columns, long mean, long rstd, long dy, long dgain, long dbias);

  /// shift = rstd·avg(gain·dy), stretch = rstd²·avg(n·gain·dy), averages over a row
  ///
  /// @param numbers mean, rstd, shift and stretch, `rows` of each
  void averages(long x, int rows, int columns, long numbers, long gain, long dy);

  /// dx += rstd·gain·dy - shift - stretch·(x - mean)
  void backward(long x, int rows, int columns, long numbers, long gain, long dy, long dx);
}
