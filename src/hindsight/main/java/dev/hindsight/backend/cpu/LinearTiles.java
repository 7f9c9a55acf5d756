package dev.hindsight.backend.cpu;

import dev.hindsight.backend.Activation;

/// Linear layers in tiles, one product each: x (N,I), w (O,I), b (O), y (N,O) by address, all but b
/// as activations are stored. Those of many rows and few weights are [TallLinear]'s, those of few
/// inputs [ShallowLinear]'s; backward is [LinearGradients]'.
final class LinearTiles {
  /// Rows and columns of the result that one share computes. The tiles depend on the sizes alone,
  /// never on the number of threads, so neither do the bits.
  static final int ROWS = 512;

  static final int COLUMNS = 128;

  static final Piece NOTHING = (row, rows, column, columns, sum, pitch) -> {};

  /// What is done to a piece of a result.
  @FunctionalInterface
  interface Piece {
    /// Does it.
    ///
    /// @param sum the piece's floats, in rows that are `pitch` apart; whoever is last stores them
    void run(int row, int rows, int column, int columns, long sum, int pitch);
  }

  private final Loops loops;
  private final Workers workers;
  private final Scratch scratch;
  private final TallLinear tall;
  private final ShallowLinear shallow;

  LinearTiles(Engine engine) {
    this.loops = engine.loops();
    this.workers = engine.workers();
    this.scratch = engine.scratch();
    this.tall = new TallLinear(engine);
    this.shallow = new ShallowLinear(engine);
  }

  /// y = f(b + x·wᵀ)
  ///
  /// @param b 0 when there is none
  void forward(Stored stored, int n, int i, int o, long x, long w, long b, Activation f, long y) {
    if (isOne(n, o)) {
      long sum = one(stored, n, o, y);
      tile(stored, 0, n, 0, o, i, x, w, false, sum, o);
      finish(f, n, o, b, sum, o);
      stored.store(n, o, sum, y, o);
      return;
    }
    if (ShallowLinear.suits(n, i, o)) {
      shallow.forward(stored, n, i, o, x, w, b, f, y);
      return;
    }
    product(
        stored,
        n,
        i,
        o,
        x,
        w,
        false,
        y,
        NOTHING,
        (row, rows, column, columns, sum, pitch) -> {
          long bias = b == 0 ? 0 : Raw.at(b, column);
          finish(f, rows, columns, bias, sum, pitch);
          stored.store(rows, columns, sum, stored.at(y, row, o, column), o);
        });
  }

  /// Where the floats of a result are that is one tile.
  private long one(Stored stored, int n, int o, long y) {
    scratch.reserve(stored.room((long) n * o));
    return stored.floats(y, scratch.of(0));
  }

  /// before = b + x·wᵀ, y = GELU(before)
  ///
  /// @param before 0 when no backward follows
  void forwardGelu(
      Stored stored, int n, int i, int o, long x, long w, long b, long before, long y) {
    product(
        stored,
        n,
        i,
        o,
        x,
        w,
        false,
        before == 0 ? y : before,
        NOTHING,
        (row, rows, column, columns, sum, pitch) -> {
          for (int r = 0; r < rows; r++) {
            long from = Raw.at(sum, r, pitch, 0);
            loops.addBias(false, Raw.at(b, column), from, columns);
            if (before != 0) {
              stored.store(from, stored.at(before, row + r, o, column), columns);
            }
            long to = stored.at(y, row + r, o, column);
            long out = stored.floats(to, from);
            loops.activate(Activation.GELU, from, out, columns);
            stored.store(out, to, columns);
          }
        });
  }

  /// y = residual + b + x·wᵀ
  ///
  /// @param b 0 when there is none
  void forwardOnto(
      Stored stored, int n, int i, int o, long x, long w, long b, long residual, long y) {
    if (isOne(n, o)) {
      long sum = one(stored, n, o, y);
      begin(stored, 0, n, 0, o, o, b, residual, sum, o);
      tile(stored, 0, n, 0, o, i, x, w, true, sum, o);
      stored.store(n, o, sum, y, o);
      return;
    }
    product(
        stored,
        n,
        i,
        o,
        x,
        w,
        true,
        y,
        (row, rows, column, columns, sum, pitch) ->
            begin(stored, row, rows, column, columns, o, b, residual, sum, pitch),
        (row, rows, column, columns, sum, pitch) ->
            stored.store(rows, columns, sum, stored.at(y, row, o, column), o));
  }

  private void begin(
      Stored stored,
      int row,
      int rows,
      int column,
      int columns,
      int o,
      long b,
      long residual,
      long sum,
      int pitch) {
    for (int r = 0; r < rows; r++) {
      long to = Raw.at(sum, r, pitch, 0);
      long from = stored.fetch(stored.at(residual, row + r, o, column), to, columns);
      if (b != 0) {
        loops.add(from, Raw.at(b, column), to, columns);
      } else if (from != to) {
        Raw.copy(from, to, columns);
      }
    }
  }

  /// What is one tile needs no description of it: a sampler's ops allocate nothing.
  private static boolean isOne(int n, int o) {
    return n <= ROWS && o <= COLUMNS;
  }

  /// y = x·wᵀ, or += that, with something done to each piece of y before and after
  private void product(
      Stored stored,
      int n,
      int i,
      int o,
      long x,
      long w,
      boolean add,
      long y,
      Piece before,
      Piece after) {
    if (TallLinear.suits(n, i, o)) {
      tall.forward(stored, n, i, o, x, w, add, y, before, after);
      return;
    }
    scratch.reserve(stored.room((long) ROWS * COLUMNS));
    eachTile(
        workers,
        n,
        ROWS,
        o,
        COLUMNS,
        (row, rows, column, columns, worker) -> {
          long sum = stored.floats(stored.at(y, row, o, column), scratch.of(worker));
          int pitch = stored.pitch(o, columns);
          before.run(row, rows, column, columns, sum, pitch);
          tile(stored, row, rows, column, columns, i, x, w, add, sum, pitch);
          after.run(row, rows, column, columns, sum, pitch);
        });
  }

  private static void tile(
      Stored stored,
      int row,
      int rows,
      int column,
      int columns,
      int i,
      long x,
      long w,
      boolean add,
      long sum,
      int pitch) {
    stored
        .gemm()
        .multiply(
            false,
            true,
            rows,
            columns,
            i,
            stored.at(x, row, i, 0),
            i,
            stored.at(w, column, i, 0),
            i,
            add,
            sum,
            pitch);
  }

  /// y = f(y + b) over a block, while it is in the cache.
  void finish(Activation f, int rows, int columns, long b, long y, int ldy) {
    boolean relu = f == Activation.RELU;
    for (int r = 0; r < rows; r++) {
      long row = Raw.at(y, r, ldy, 0);
      if (b != 0) {
        loops.addBias(relu, b, row, columns);
      }
      if (f != Activation.IDENTITY && !(relu && b != 0)) {
        loops.activate(f, row, row, columns);
      }
    }
  }

  @FunctionalInterface
  interface Tile {
    void run(int row, int rows, int column, int columns, int worker);
  }

  /// Shares out the tiles of a result of this height and width.
  static void eachTile(Workers workers, int height, int tallest, int width, int widest, Tile work) {
    int across = Math.ceilDiv(width, widest);
    workers.run(
        Math.ceilDiv(height, tallest) * across,
        (share, worker) -> {
          int row = share / across * tallest;
          int column = share % across * widest;
          int rows = Math.min(tallest, height - row);
          work.run(row, rows, column, Math.min(widest, width - column), worker);
        });
  }
}
