package dev.hindsight.backend.cpu;

/// Linear layers over many rows with few weights: those of a transformer, and 1x1 convolutions.
///
/// A thread goes down the rows in blocks and does to a block all there is to do while it is in the
/// cache; backward makes both gradients and the sum of the bias in one pass.
final class TallLinear {
  /// Of a block: enough for a product's full speed, and few enough that what is done to it next
  /// finds it in the cache.
  private static final int ROWS = 56;

  private static final int FEWEST_ROWS = 1024;
  private static final int LEAST_CHANNELS = 32;
  private static final long MOST_WEIGHTS = 1 << 18;

  private final Engine engine;
  private final GroupSums sums;

  TallLinear(Engine engine) {
    this.engine = engine;
    this.sums = new GroupSums(engine);
  }

  /// Whether a layer of n rows, I inputs and O outputs is better done here.
  static boolean suits(int n, int i, int o) {
    return n >= FEWEST_ROWS && Math.min(i, o) >= LEAST_CHANNELS && (long) i * o <= MOST_WEIGHTS;
  }

  /// y = x·wᵀ, or += that, with something done to each piece of y before and after
  void forward(
      Stored stored,
      int n,
      int i,
      int o,
      long x,
      long w,
      boolean add,
      long y,
      LinearTiles.Piece before,
      LinearTiles.Piece after) {
    engine.shared().reserve(stored.asFloats((long) i * o));
    engine.scratch().reserve(stored.room((long) ROWS * o));
    long turned = engine.shared().of(0);
    stored.transpose(w, o, i, i, turned);
    engine
        .workers()
        .run(
            Math.ceilDiv(n, ROWS),
            (block, worker) -> {
              int row = block * ROWS;
              int rows = Math.min(ROWS, n - row);
              long from = stored.at(x, row, i, 0);
              long sum = stored.floats(stored.at(y, row, o, 0), engine.scratch().of(worker));
              before.run(row, rows, 0, o, sum, o);
              stored.gemm().multiply(false, false, rows, o, i, from, i, turned, o, add, sum, o);
              after.run(row, rows, 0, o, sum, o);
            });
  }

  /// dx += dy·w, dw += dyᵀ·x and db += Σ dy
  ///
  /// @param dx 0 when it is not wanted; dw and db likewise
  /// @param add false when dx is zero, whatever is there
  /// @param before what is done to rows of dy, and what their columns are summed into
  void backward(
      Stored stored,
      int n,
      int i,
      int o,
      long x,
      long w,
      long dy,
      long dx,
      boolean add,
      long dw,
      long db,
      Slope before) {
    long weights = dw == 0 ? 0 : (long) i * o;
    engine.scratch().reserve(stored.room(Math.max(2L * o, (long) ROWS * i)));
    sums.run(
        Math.ceilDiv(n, ROWS),
        weights + o,
        (block, worker, sum) -> {
          int row = block * ROWS;
          int rows = Math.min(ROWS, n - row);
          long room = engine.scratch().of(worker);
          before.run(row, rows, room, db == 0 ? 0 : Raw.at(sum, weights));
          long up = stored.at(dy, row, o, 0);
          if (dw != 0) {
            weightGradient(stored.gemm(), rows, i, o, stored.at(x, row, i, 0), up, sum);
          }
          if (dx != 0) {
            long to = stored.at(dx, row, i, 0);
            long down = stored.floats(to, room);
            if (add) {
              stored.fetch(rows, i, to, i, down);
            }
            stored.gemm().multiply(false, false, rows, i, o, up, o, w, i, add, down, i);
            stored.store(rows, i, down, to, i);
          }
        });
    if (dw != 0 && i > o) {
      sums.addTurnedTo(dw, i, o);
    } else if (dw != 0) {
      sums.addTo(dw, 0, weights);
    }
    if (db != 0) {
      sums.addTo(db, weights, o);
    }
  }

  /// To be done to rows of a gradient before it is used.
  @FunctionalInterface
  interface Slope {
    /// Does it.
    ///
    /// @param room for two rows
    /// @param sum where to add the rows up; 0 when nobody wants that
    void run(int row, int rows, long room, long sum);
  }

  /// The wider side becomes the rows: long rows of a sum would be read in pieces far apart.
  private static void weightGradient(Gemm gemm, int rows, int i, int o, long x, long dy, long sum) {
    if (i > o) {
      gemm.multiply(true, false, i, o, rows, x, i, dy, o, true, sum, o);
    } else {
      gemm.multiply(true, false, o, i, rows, dy, o, x, i, true, sum, i);
    }
  }
}
