package dev.hindsight.backend.cpu;

import static dev.hindsight.backend.cpu.LinearTiles.COLUMNS;
import static dev.hindsight.backend.cpu.LinearTiles.ROWS;

import dev.hindsight.backend.Activation;

/// The gradients of linear layers, in tiles of a product each: of [LinearTiles].
final class LinearGradients {
  /// The tiles of a weight's gradient grow up to this, as long as there are enough of them: oneDNN
  /// copies both factors for every tile, so large tiles copy less. Rows of the batch that it reads
  /// for one then come in pieces, which stay in the cache.
  private static final int TALLEST_GRADIENT = 512;

  private static final int WIDEST_GRADIENT = 1024;
  private static final int FEWEST_GRADIENTS = 8;
  private static final int BATCH_ROWS = 384;

  private final Loops loops;
  private final Workers workers;
  private final Scratch scratch;
  private final TallLinear tall;
  private final ShallowLinear shallow;

  LinearGradients(Engine engine) {
    this.loops = engine.loops();
    this.workers = engine.workers();
    this.scratch = engine.scratch();
    this.tall = new TallLinear(engine);
    this.shallow = new ShallowLinear(engine);
  }

  /// @param known what went into GELU, what came out of any other activation
  /// @param dx 0 when it is not wanted; dw and db likewise
  /// @param add false when dx is zero, whatever is there
  void backward(
      Stored stored,
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
        (row, rows, room, sum) -> {
          long up = stored.at(dy, row, o, 0);
          beforeActivation(stored, rows, o, f, stored.at(known, row, o, 0), up, o, room, sum);
        };
    if (TallLinear.suits(n, i, o)) {
      tall.backward(stored, n, i, o, x, w, dy, dx, add, dw, db, slope);
      return;
    }
    if (ShallowLinear.suits(n, i, o)) {
      shallow.backward(stored, n, i, o, x, dy, dw, db, slope);
    } else {
      beforeActivation(stored, n, o, f, known, dy, db);
      if (dw != 0) {
        gradient(stored, n, i, o, x, dy, dw);
      }
    }
    if (dx != 0) {
      inputGradient(stored, n, i, o, w, dy, dx, add);
    }
  }

  /// dx = dy·w, or += that
  private void inputGradient(
      Stored stored, int n, int i, int o, long w, long dy, long dx, boolean add) {
    scratch.reserve(stored.room((long) ROWS * COLUMNS));
    LinearTiles.eachTile(
        workers,
        n,
        ROWS,
        i,
        COLUMNS,
        (row, rows, column, columns, worker) -> {
          long to = stored.at(dx, row, i, column);
          long sum = stored.floats(to, scratch.of(worker));
          if (add) {
            stored.fetch(rows, columns, to, i, sum);
          }
          stored
              .gemm()
              .multiply(
                  false,
                  false,
                  rows,
                  columns,
                  o,
                  stored.at(dy, row, o, 0),
                  o,
                  stored.at(w, column),
                  i,
                  add,
                  sum,
                  stored.pitch(i, columns));
          stored.store(rows, columns, sum, to, i);
        });
  }

  /// dw += dyᵀ·x
  private void gradient(Stored stored, int n, int i, int o, long x, long dy, long dw) {
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
    LinearTiles.eachTile(
        workers,
        o,
        tall,
        i,
        wide,
        (row, rows, column, columns, worker) -> {
          for (int from = 0; from < n; from += BATCH_ROWS) {
            stored
                .gemm()
                .multiply(
                    true,
                    false,
                    rows,
                    columns,
                    Math.min(BATCH_ROWS, n - from),
                    stored.at(dy, from, o, row),
                    o,
                    stored.at(x, from, i, column),
                    i,
                    true,
                    Raw.at(dw, row, i, column),
                    i);
          }
        });
  }

  private void beforeActivation(
      Stored stored, int n, int o, Activation f, long known, long dy, long db) {
    if (f == Activation.IDENTITY && db == 0) {
      return;
    }
    scratch.reserve(stored.room(2L * COLUMNS));
    workers.run(
        Math.ceilDiv(o, COLUMNS),
        (tile, worker) -> {
          int column = tile * COLUMNS;
          beforeActivation(
              stored,
              n,
              Math.min(COLUMNS, o - column),
              f,
              stored.at(known, column),
              stored.at(dy, column),
              o,
              scratch.of(worker),
              db == 0 ? 0 : Raw.at(db, column));
        });
  }

  /// dy = dy·f' and db += its column sums, over some columns.
  ///
  /// @param known as in [Loops#scaleBySlope]
  /// @param room for two rows of so many columns
  void beforeActivation(
      Stored stored,
      int n,
      int columns,
      Activation f,
      long known,
      long dy,
      int ld,
      long room,
      long db) {
    if (f == Activation.IDENTITY && db == 0) {
      return;
    }
    for (int r = 0; r < n; r++) {
      long at = stored.at(dy, r, ld, 0);
      if (f == Activation.IDENTITY) {
        stored.addTo(db, at, columns);
        continue;
      }
      long row = stored.fetch(at, room, columns);
      long next = Raw.at(room, columns);
      long slopes = stored.fetch(stored.at(known, r, ld, 0), next, columns);
      loops.scaleBySlope(f, slopes, row, columns);
      stored.store(row, at, columns);
      if (db != 0) {
        loops.add(db, row, db, columns);
      }
    }
  }
}
