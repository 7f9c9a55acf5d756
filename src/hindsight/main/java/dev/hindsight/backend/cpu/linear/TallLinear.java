package dev.hindsight.backend.cpu.linear;

import dev.hindsight.backend.cpu.core.Engine;
import dev.hindsight.backend.cpu.core.GroupSums;
import dev.hindsight.backend.cpu.machine.Native;
import dev.hindsight.backend.cpu.product.Matrix;
import org.jspecify.annotations.Nullable;

/// Linear layers over many rows with few weights: those of a transformer, and 1x1 convolutions.
///
/// A thread goes down the rows in blocks and does to a block all there is to do while it is in the
/// cache; backward makes both gradients and the sum of the bias in one pass.
final class TallLinear {
  /// Of a block: enough for a product's full speed, and few enough that what is done to it next
  /// finds it in the cache.
  private static final int ROWS = 56;

  /// The same where products are much faster than memory: all blocks add to the gradient of the
  /// weights.
  private static final int MORE_ROWS = 224;

  private static final int FEWEST_ROWS = 1024;
  private static final int LEAST_CHANNELS = 32;
  private static final long MOST_WEIGHTS = 1 << 18;

  private final Engine engine;
  private final GroupSums sums;

  TallLinear(Engine engine) {
    this.engine = engine;
    this.sums = new GroupSums(engine);
  }

  /// Whether a layer is better done here.
  static boolean suits(Matrix x, Matrix w) {
    return x.rows() >= FEWEST_ROWS
        && Math.min(w.rows(), w.columns()) >= LEAST_CHANNELS
        && (long) w.rows() * w.columns() <= MOST_WEIGHTS;
  }

  private static boolean turns(Matrix w) {
    return w.stored().turns(w.rows(), MORE_ROWS, w.columns());
  }

  private static int rows(Matrix w) {
    return turns(w) ? MORE_ROWS : ROWS;
  }

  /// y = x·wᵀ, or += that, with something done to each piece of y before and after
  void forward(
      Matrix x, Matrix w, boolean add, Matrix y, CpuLinear.Piece before, CpuLinear.Piece after) {
    engine.shared().reserve(w.stored().asFloats((long) w.rows() * w.columns()));
    engine.scratch().reserve(y.stored().room((long) rows(w) * y.columns()));
    Matrix turned = w.transposeTo(engine.shared().of(0));
    engine.runBlocks(
        x.rows(),
        rows(w),
        (row, rows, worker) -> {
          Matrix sum = y.rows(row, rows).floats(engine.own(worker));
          before.run(row, 0, sum);
          sum.product(add, x.rows(row, rows), turned);
          after.run(row, 0, sum);
        });
  }

  /// dx += dy·w, dw += dyᵀ·x and db += Σ dy
  ///
  /// @param add false when dx is zero, whatever is there
  /// @param db 0 when it is not wanted
  /// @param before what is done to rows of dy, and what their columns are summed into
  void backward(
      Matrix x,
      Matrix w,
      Matrix dy,
      @Nullable Matrix dx,
      boolean add,
      @Nullable Matrix dw,
      long db,
      Slope before) {
    int inputs = w.columns();
    int outputs = w.rows();
    long weights = dw == null ? 0 : (long) inputs * outputs;
    // The wider side becomes the rows: long rows of a sum would be read in pieces far apart. Where
    // the first factor is copied that is the narrower side.
    boolean copies = turns(w);
    boolean turned = copies ? inputs <= outputs : inputs > outputs;
    int most = rows(w);
    engine.scratch().reserve(x.stored().room(Math.max(2L * outputs, (long) most * inputs)));
    sums.run(
        Math.ceilDiv(x.rows(), most),
        weights + outputs,
        (block, worker, sum) -> {
          int row = block * most;
          int rows = Math.min(most, x.rows() - row);
          long own = engine.own(worker);
          before.run(row, rows, own, db == 0 ? 0 : Native.at(sum, weights));
          Matrix up = dy.rows(row, rows);
          if (dw != null) {
            Matrix in = x.rows(row, rows);
            Matrix first = turned ? in : up;
            Matrix second = turned ? up : in;
            Matrix.dense(dw.stored(), sum, first.columns(), second.columns())
                .add(copies ? first.transposeTo(own) : first.transpose(), second);
          }
          if (dx != null) {
            Matrix to = dx.rows(row, rows);
            Matrix down = to.floats(own);
            if (add) {
              to.fetch(down);
            }
            down.product(add, up, w);
            to.store(down);
          }
        });
    if (dw != null && turned) {
      sums.addTurnedTo(dw.address(), inputs, outputs);
    } else if (dw != null) {
      sums.addTo(dw.address(), 0, weights);
    }
    if (db != 0) {
      sums.addTo(db, weights, outputs);
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
}
