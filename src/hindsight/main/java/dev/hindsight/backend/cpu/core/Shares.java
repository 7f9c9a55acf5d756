package dev.hindsight.backend.cpu.core;

import dev.hindsight.backend.cpu.machine.Native;
import dev.hindsight.backend.cpu.machine.Scratch;
import dev.hindsight.backend.cpu.machine.ThreadPool;
import dev.hindsight.backend.cpu.product.Stored;

/// Cuts flat tensors into shares of one size, so that sums do not depend on the threads.
public final class Shares {
  /// Numbers of a share; a multiple of every vector's length.
  static final long SIZE = 1 << 15;

  /// Numbers that are worked on at a time where that needs room, so that they stay in the first
  /// cache.
  private static final long PIECE = 1 << 11;

  private final ThreadPool workers;
  private final Scratch scratch;

  public Shares(Engine engine) {
    this.workers = engine.workers();
    this.scratch = engine.scratch();
  }

  @FunctionalInterface
  public interface Range {
    /// Works on the floats `offset` bytes from the start.
    void run(int share, long offset, long count);
  }

  public static int of(long count) {
    return Math.toIntExact((count + SIZE - 1) / SIZE);
  }

  public void over(long count, Range range) {
    workers.run(
        of(count),
        (share, worker) ->
            range.run(share, Native.at(0, share * SIZE), Math.min(SIZE, count - share * SIZE)));
  }

  @FunctionalInterface
  public interface Piece {
    /// Works on numbers `from .. from + count - 1`.
    ///
    /// @param room of the thread, for so many pieces as were asked for; see [#piece]
    void run(long room, long from, long count);
  }

  /// Numbers as they are stored.
  ///
  /// @param pieces that a thread needs room for, where it does
  public void over(Stored stored, int pieces, long count, Piece work) {
    if (stored.inPlace() && count <= SIZE) { // a sampler's ops describe no share
      work.run(0, 0, count);
      return;
    }
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
  public static long piece(long room, int k) {
    return Native.at(room, k * PIECE);
  }

  @FunctionalInterface
  public interface Row {
    void run(int row, int worker);
  }

  /// Rows of a loss, which take some time an element.
  public void overRows(int rows, int channels, Row work) {
    workers.runBlocks(
        rows,
        (int) Math.max(1, SIZE / 4 / channels),
        (first, count, worker) -> {
          for (int row = first; row < first + count; row++) {
            work.run(row, worker);
          }
        });
  }
}
