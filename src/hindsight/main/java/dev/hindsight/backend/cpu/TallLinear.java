package dev.hindsight.backend.cpu;

/// Linear layers over many rows with few weights: those of a transformer, and 1x1 convolutions.
///
/// A thread goes down the rows in blocks and does to a block all there is to do while it is in the
/// cache; backward makes both gradients and the sum of the bias in one pass. Products are cut to
/// what OpenBLAS multiplies in place: above a million multiply-adds it copies both factors first,
/// which with so few weights costs up to half the time.
final class TallLinear {
  /// Of a block.
  private static final int ROWS = 56;

  private static final int FEWEST_ROWS = 1024;
  private static final int LEAST_CHANNELS = 32;
  private static final long MOST_WEIGHTS = 1 << 18;

  /// Of a product, so that it is multiplied in place.
  private static final long MULTIPLY_ADDS = 1_000_000;

  private static final int WIDEST = 128;

  private final Engine engine;
  private final Gemm gemm;
  private final InPlace inPlace;
  private final Loops loops;
  private final GroupSums sums;

  TallLinear(Engine engine) {
    this.engine = engine;
    this.gemm = engine.gemm();
    this.inPlace = new InPlace(gemm);
    this.loops = engine.loops();
    this.sums = new GroupSums(engine);
  }

  /// Whether a layer of n rows, I inputs and O outputs is better done here.
  static boolean suits(int n, int i, int o) {
    return n >= FEWEST_ROWS
        && Math.min(i, o) >= LEAST_CHANNELS
        && (long) i * o <= MOST_WEIGHTS
        && widest(Math.max(i, o)) >= LEAST_CHANNELS;
  }

  /// Columns of a product over a block of rows.
  private static int widest(int depth) {
    return (int) Math.min(WIDEST, MULTIPLY_ADDS / ((long) ROWS * depth) / 16 * 16);
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
    int widest = widest(i);
    engine
        .workers()
        .run(
            Math.ceilDiv(n, ROWS),
            (block, worker) -> {
              int row = block * ROWS;
              int rows = Math.min(ROWS, n - row);
              for (int column = 0; column < o; column += widest) {
                int columns = Math.min(widest, o - column);
                before.run(row, rows, column, columns);
                gemm.multiply(
                    false,
                    false,
                    rows,
                    columns,
                    i,
                    Raw.at(x, row, i, 0),
                    i,
                    Raw.at(turned, column),
                    o,
                    add,
                    Raw.at(y, row, o, column),
                    o);
                after.run(row, rows, column, columns);
              }
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
            inputGradient(rows, i, o, up, w, add, Raw.at(dx, row, i, 0));
          }
        });
    if (dw != 0) {
      addGradient(i, o, dw);
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

  private void inputGradient(int rows, int i, int o, long dy, long w, boolean add, long dx) {
    int widest = widest(o);
    for (int column = 0; column < i; column += widest) {
      gemm.multiply(
          false,
          false,
          rows,
          Math.min(widest, i - column),
          o,
          dy,
          o,
          Raw.at(w, column),
          i,
          add,
          Raw.at(dx, column),
          i);
    }
  }

  /// The wider side becomes the rows: long rows of a sum would be read in pieces far apart.
  private void weightGradient(int rows, int i, int o, long x, long dy, long sum) {
    if (i > o) {
      inPlace.addTransposed(i, o, rows, x, i, dy, o, sum, o);
    } else {
      inPlace.addTransposed(o, i, rows, dy, o, x, i, sum, i);
    }
  }

  private void addGradient(int i, int o, long dw) {
    long weights = (long) i * o;
    if (i <= o) {
      sums.addTo(dw, 0, weights);
      return;
    }
    engine.scratch().reserve(2 * weights);
    long sum = engine.scratch().of(0); // (I,O)
    long turned = Raw.at(sum, weights);
    loops.fill(0, sum, weights);
    sums.addTo(sum, 0, weights);
    Raw.transpose(sum, i, o, o, turned);
    loops.add(dw, turned, dw, weights);
  }
}
