package dev.hindsight.backend.cpu;

/// Cuts flat tensors into shares of one size, so that sums do not depend on the threads.
final class Shares {
  /// Floats of a share; a multiple of every vector's length.
  static final long SIZE = 1 << 15;

  private final Workers workers;

  Shares(Workers workers) {
    this.workers = workers;
  }

  @FunctionalInterface
  interface Range {
    /// Works on the floats `offset` bytes from the start.
    void run(int share, long offset, long count);
  }

  /// What fits into one share takes no description of one: a sampler's ops allocate nothing.
  static boolean isOne(long count) {
    return count <= SIZE;
  }

  static int of(long count) {
    return Math.toIntExact((count + SIZE - 1) / SIZE);
  }

  void over(long count, Range range) {
    workers.run(
        of(count),
        (share, worker) ->
            range.run(share, Raw.at(0, share * SIZE), Math.min(SIZE, count - share * SIZE)));
  }

  @FunctionalInterface
  interface Row {
    void run(int row);
  }

  /// Rows of a loss, which take some time an element.
  void overRows(int rows, int channels, Row work) {
    int most = (int) Math.max(1, SIZE / 4 / channels);
    workers.run(
        Math.ceilDiv(rows, most),
        (share, worker) -> {
          for (int row = share * most; row < Math.min(rows, (share + 1) * most); row++) {
            work.run(row);
          }
        });
  }
}
