package dev.hindsight.backend.cpu;

import dev.hindsight.backend.Activation;

/// Linear layers in tiles, one product each: x (N,I), w (O,I), b (O), y (N,O) by address. Those of
/// many rows and few weights are [TallLinear]'s, those of few inputs [ShallowLinear]'s.
final class LinearTiles {
  /// Rows and columns of the result that one share computes. The tiles depend on the sizes alone,
  /// never on the number of threads, so neither do the bits.
  private static final int ROWS = 512;

  private static final int COLUMNS = 128;

  /// The tiles of a weight's gradient grow up to this, as long as there are enough of them: oneDNN
  /// copies both factors for every tile, so large tiles copy less. Rows of the batch that it reads
  /// for one then come in pieces, which stay in the cache.
  private static final int TALLEST_GRADIENT = 512;

  private static final int WIDEST_GRADIENT = 1024;
  private static final int FEWEST_GRADIENTS = 8;
  private static final int BATCH_ROWS = 384;

  static final Piece NOTHING = (row, rows, column, columns) -> {};

  /// What is done to a piece of a result.
  @FunctionalInterface
  interface Piece {
    void run(int row, int rows, int column, int columns);
  }

  private final Gemm gemm;
  private final Loops loops;
  private final Workers workers;
  private final TallLinear tall;
  private final ShallowLinear shallow;

  LinearTiles(Engine engine) {
    this.gemm = engine.gemm();
    this.loops = engine.loops();
    this.workers = engine.workers();
    this.tall = new TallLinear(engine);
    this.shallow = new ShallowLinear(engine);
  }

  /// y = f(b + x·wᵀ)
  ///
  /// @param b 0 when there is none
  void forward(int n, int i, int o, long x, long w, long b, Activation f, long y) {
    if (isOne(n, o)) {
      tile(0, n, 0, o, i, o, x, w, false, y);
      finish(f, n, o, b, y, o);
      return;
    }
    if (ShallowLinear.suits(n, i, o)) {
      shallow.forward(n, i, o, x, w, b, f, y);
      return;
    }
    product(
        n,
        i,
        o,
        x,
        w,
        false,
        y,
        NOTHING,
        (row, rows, column, columns) -> {
          long bias = b == 0 ? 0 : Raw.at(b, column);
          finish(f, rows, columns, bias, Raw.at(y, row, o, column), o);
        });
  }

  /// before = b + x·wᵀ, y = GELU(before)
  ///
  /// @param before 0 when no backward follows
  void forwardGelu(int n, int i, int o, long x, long w, long b, long before, long y) {
    long sum = before == 0 ? y : before;
    product(
        n,
        i,
        o,
        x,
        w,
        false,
        sum,
        NOTHING,
        (row, rows, column, columns) -> {
          for (int r = row; r < row + rows; r++) {
            long from = Raw.at(sum, r, o, column);
            loops.addBias(false, Raw.at(b, column), from, columns);
            loops.activate(Activation.GELU, from, Raw.at(y, r, o, column), columns);
          }
        });
  }

  /// y = residual + b + x·wᵀ
  void forwardOnto(int n, int i, int o, long x, long w, long b, long residual, long y) {
    if (isOne(n, o)) {
      begin(0, n, 0, o, o, b, residual, y);
      tile(0, n, 0, o, i, o, x, w, true, y);
      return;
    }
    product(
        n,
        i,
        o,
        x,
        w,
        true,
        y,
        (row, rows, column, columns) -> begin(row, rows, column, columns, o, b, residual, y),
        NOTHING);
  }

  private void begin(
      int row, int rows, int column, int columns, int o, long b, long residual, long y) {
    for (int r = row; r < row + rows; r++) {
      loops.add(
          Raw.at(residual, r, o, column), Raw.at(b, column), Raw.at(y, r, o, column), columns);
    }
  }

  /// What is one tile needs no description of it: a sampler's ops allocate nothing.
  private static boolean isOne(int n, int o) {
    return n <= ROWS && o <= COLUMNS;
  }

  /// y = x·wᵀ, or += that, with something done to each piece of y before and after
  private void product(
      int n, int i, int o, long x, long w, boolean add, long y, Piece before, Piece after) {
    if (TallLinear.suits(n, i, o)) {
      tall.forward(n, i, o, x, w, add, y, before, after);
      return;
    }
    eachTile(
        n,
        ROWS,
        o,
        COLUMNS,
        (row, rows, column, columns) -> {
          before.run(row, rows, column, columns);
          tile(row, rows, column, columns, i, o, x, w, add, y);
          after.run(row, rows, column, columns);
        });
  }

  private void tile(
      int row,
      int rows,
      int column,
      int columns,
      int i,
      int o,
      long x,
      long w,
      boolean add,
      long y) {
    gemm.multiply(
        false,
        true,
        rows,
        columns,
        i,
        Raw.at(x, row, i, 0),
        i,
        Raw.at(w, column, i, 0),
        i,
        add,
        Raw.at(y, row, o, column),
        o);
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

  /// @param known what went into GELU, what came out of any other activation
  /// @param dx 0 when it is not wanted; dw and db likewise
  /// @param add false when dx is zero, whatever is there
  void backward(
      int n,
      int i,
      int o,
      long x,
      long w,
      Activation f,
      long known,
      long dy,
      long dx,
      boolean add,
      long dw,
      long db) {
    TallLinear.Slope slope =
        (row, rows, sum) ->
            beforeActivation(rows, o, f, Raw.at(known, row, o, 0), Raw.at(dy, row, o, 0), o, sum);
    if (TallLinear.suits(n, i, o)) {
      tall.backward(n, i, o, x, w, dy, dx, add, dw, db, slope);
      return;
    }
    if (ShallowLinear.suits(n, i, o)) {
      shallow.backward(n, i, o, x, dy, dw, db, slope);
    } else {
      beforeActivation(n, o, f, known, dy, db);
      if (dw != 0) {
        gradient(n, i, o, x, dy, dw);
      }
    }
    if (dx != 0) {
      eachTile(
          n,
          ROWS,
          i,
          COLUMNS,
          (row, rows, column, columns) ->
              gemm.multiply(
                  false,
                  false,
                  rows,
                  columns,
                  o,
                  Raw.at(dy, row, o, 0),
                  o,
                  Raw.at(w, column),
                  i,
                  add,
                  Raw.at(dx, row, i, column),
                  i));
    }
  }

  /// dw += dyᵀ·x
  private void gradient(int n, int i, int o, long x, long dy, long dw) {
    int wide = COLUMNS;
    int tall = COLUMNS;
    while (wide < WIDEST_GRADIENT
        && Math.ceilDiv(o, tall) * Math.ceilDiv(i, 2 * wide) >= FEWEST_GRADIENTS) {
      wide *= 2;
    }
    while (tall < TALLEST_GRADIENT
        && Math.ceilDiv(o, 2 * tall) * Math.ceilDiv(i, wide) >= FEWEST_GRADIENTS) {
      tall *= 2;
    }
    eachTile(
        o,
        tall,
        i,
        wide,
        (row, rows, column, columns) -> {
          for (int from = 0; from < n; from += BATCH_ROWS) {
            gemm.multiply(
                true,
                false,
                rows,
                columns,
                Math.min(BATCH_ROWS, n - from),
                Raw.at(dy, from, o, row),
                o,
                Raw.at(x, from, i, column),
                i,
                true,
                Raw.at(dw, row, i, column),
                i);
          }
        });
  }

  /// Shares out the tiles of a result of this height and width.
  private void eachTile(int height, int tallest, int width, int widest, Piece work) {
    int across = Math.ceilDiv(width, widest);
    workers.run(
        Math.ceilDiv(height, tallest) * across,
        (share, worker) -> {
          int row = share / across * tallest;
          int column = share % across * widest;
          int rows = Math.min(tallest, height - row);
          work.run(row, rows, column, Math.min(widest, width - column));
        });
  }

  private void beforeActivation(int n, int o, Activation f, long known, long dy, long db) {
    if (f == Activation.IDENTITY && db == 0) {
      return;
    }
    workers.run(
        Math.ceilDiv(o, COLUMNS),
        (tile, worker) -> {
          int column = tile * COLUMNS;
          beforeActivation(
              n,
              Math.min(COLUMNS, o - column),
              f,
              Raw.at(known, column),
              Raw.at(dy, column),
              o,
              db == 0 ? 0 : Raw.at(db, column));
        });
  }

  /// dy = dy·f' and db += its column sums, over some columns.
  ///
  /// @param known as in [Loops#scaleBySlope]
  void beforeActivation(int n, int columns, Activation f, long known, long dy, int ld, long db) {
    for (int r = 0; r < n; r++) {
      long row = Raw.at(dy, r, ld, 0);
      if (f != Activation.IDENTITY) {
        loops.scaleBySlope(f, Raw.at(known, r, ld, 0), row, columns);
      }
      if (db != 0) {
        loops.add(db, row, db, columns);
      }
    }
  }
}
