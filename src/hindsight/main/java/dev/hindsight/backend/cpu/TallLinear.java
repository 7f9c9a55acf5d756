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
  private final Gemm gemm;
  private final GroupSums sums;

  TallLinear(Engine engine) {
    this.engine = engine;
    this.gemm = engine.gemm();
    this.sums = new GroupSums(engine);
  }

  /// Whether a layer of n rows, I inputs and O outputs is better done here.
  static boolean suits(int n, int i, int o) {
    return n >= FEWEST_ROWS && Math.min(i, o) >= LEAST_CHANNELS && (long) i * o <= MOST_WEIGHTS;
  }

  /// y = x·wᵀ, or += that, with something done to each piece of y before and after
  void forward(
      int n,
      int i,
      int o,
      long x,
      long w,
      boolean add,
      long y,
      LinearTiles.Piece before,
      LinearTiles.Piece after) {
    engine.shared().reserve((long) i * o);
    long turned = engine.shared().of(0);
    Raw.transpose(w, o, i, i, turned);
    engine
        .workers()
        .run(
            Math.ceilDiv(n, ROWS),
            (block, worker) -> {
              int row = block * ROWS;
              int rows = Math.min(ROWS, n - row);
              long from = Raw.at(x, row, i, 0);
              long to = Raw.at(y, row, o, 0);
              before.run(row, rows, 0, o);
              gemm.multiply(false, false, rows, o, i, from, i, turned, o, add, to, o);
              after.run(row, rows, 0, o);
            });
  }

  /// dx += dy·w, dw += dyᵀ·x and db += Σ dy
  ///
  /// @param dx 0 when it is not wanted; dw and db likewise
  /// @param add false when dx is zero, whatever is there
  /// @param before what is done to rows of dy, and what their columns are summed into
  void backward(
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
    sums.run(
        Math.ceilDiv(n, ROWS),
        weights + o,
        (block, worker, sum) -> {
          int row = block * ROWS;
          int rows = Math.min(ROWS, n - row);
          before.run(row, rows, db == 0 ? 0 : Raw.at(sum, weights));
          long up = Raw.at(dy, row, o, 0);
          if (dw != 0) {
            weightGradient(rows, i, o, Raw.at(x, row, i, 0), up, sum);
          }
          if (dx != 0) {
            long down = Raw.at(dx, row, i, 0);
            gemm.multiply(false, false, rows, i, o, up, o, w, i, add, down, i);
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
    /// @param sum where to add the rows up; 0 when nobody wants that
    void run(int row, int rows, long sum);
  }

  /// The wider side becomes the rows: long rows of a sum would be read in pieces far apart.
  private void weightGradient(int rows, int i, int o, long x, long dy, long sum) {
    if (i > o) {
      gemm.multiply(true, false, i, o, rows, x, i, dy, o, true, sum, o);
    } else {
      gemm.multiply(true, false, o, i, rows, dy, o, x, i, true, sum, i);
    }
  }
}
