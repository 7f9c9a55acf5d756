package dev.hindsight.backend.cpu;

/// The parts of layer normalization over dense rows at raw addresses, on the calling thread. `mean`
/// and `rstd` hold a number for each row; n = (x - mean)·rstd is a row normalized.
interface LayerNormLoops {
  void means(long x, int rows, int columns, long mean);

  /// rstd = 1 / √(avg((x - mean)²) + epsilon)
  void scales(long x, int rows, int columns, long mean, long rstd);

  /// y = n·gain + bias
  void normalize(long x, int rows, int columns, long mean, long rstd, long gain, long bias, long y);

  /// dgain += n·dy, dbias += dy, row by row
  void addGains(
      long x, int rows, int columns, long mean, long rstd, long dy, long dgain, long dbias);

  /// shift = rstd·avg(gain·dy), stretch = rstd²·avg(n·gain·dy), averages over a row
  void averages(
      long x,
      int rows,
      int columns,
      long mean,
      long rstd,
      long gain,
      long dy,
      long shift,
      long stretch);

  /// dx += rstd·gain·dy - shift - stretch·(x - mean)
  void backward(
      long x,
      int rows,
      int columns,
      long mean,
      long rstd,
      long gain,
      long dy,
      long shift,
      long stretch,
      long dx);
}
