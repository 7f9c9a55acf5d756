package dev.hindsight.backend.cpu;

/// Cuts flat tensors into shares of one size, so that sums do not depend on the threads.
final class Shares {
  /// Numbers of a share; a multiple of every vector's length.
  static final long SIZE = 1 << 15;

  /// Numbers that are worked on at a time where that needs room, so that they stay in the first
  /// cache.
  private static final long PIECE = 1 << 11;

  private final Workers workers;
  private final Scratch scratch;

  Shares(Engine engine) {
    this.workers = engine.workers();
    this.scratch = engine.scratch();
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

  /// The same of numbers that need no room.
  static boolean isOne(Stored stored, long count) {
    return stored.inPlace() && isOne(count);
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
  interface Piece {
    /// Works on numbers `from .. from + count - 1`.
    ///
    /// @param room of the thread, for so many pieces as were asked for; see [#piece]
    void run(long room, long from, long count);
  }

  /// Numbers as they are stored.
  ///
  /// @param pieces that a thread needs room for, where it does
  void over(Stored stored, int pieces, long count, Piece work) {
    long most = stored.inPlace() ? SIZE : PIECE;
    scratch.reserve(stored.room(pieces * PIECE));
    workers.run(
        of(count),
        (share, worker) -> {
          long end = Math.min(count, (share + 1) * SIZE);
          for (long from = share * SIZE; from < end; from += most) {
            work.run(scratch.of(worker), from, Math.min(most, end - from));
          }
        });
  }

  /// Room for another piece.
  static long piece(long room, int k) {
    return Raw.at(room, k * PIECE);
  }

  @FunctionalInterface
  interface Row {
    void run(int row, int worker);
  }

  /// Rows of a loss, which take some time an element.
  void overRows(int rows, int channels, Row work) {
    int most = (int) Math.max(1, SIZE / 4 / channels);
    workers.run(
        Math.ceilDiv(rows, most),
        (share, worker) -> {
          for (int row = share * most; row < Math.min(rows, (share + 1) * most); row++) {
            work.run(row, worker);
          }
        });
  }
}
