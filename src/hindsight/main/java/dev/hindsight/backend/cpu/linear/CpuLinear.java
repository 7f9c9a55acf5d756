package dev.hindsight.backend.cpu.linear;

import dev.hindsight.backend.Activation;
import dev.hindsight.backend.Gradients;
import dev.hindsight.backend.Linear;
import dev.hindsight.backend.cpu.core.Engine;
import dev.hindsight.backend.cpu.loops.Loops;
import dev.hindsight.backend.cpu.loops.WarmUp;
import dev.hindsight.backend.cpu.machine.Native;
import dev.hindsight.backend.cpu.product.Matrix;
import dev.hindsight.backend.cpu.product.Stored;
import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// Linear layers in tiles, one product each: x (N,I), w (O,I), y (N,O). Those of many rows and few
/// weights are [TallLinear]'s, those of few inputs [ShallowLinear]'s.
public final class CpuLinear implements Linear {
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

  private static final Piece NOTHING = (row, column, sum) -> {};

  /// What is done to a piece of a result.
  @FunctionalInterface
  interface Piece {
    /// Does it.
    ///
    /// @param row the piece's first; column likewise
    /// @param sum its floats; whoever is last stores them
    void run(int row, int column, Matrix sum);
  }

  private final Engine engine;
  private final TallLinear tall;
  private final ShallowLinear shallow;

  public CpuLinear(Engine engine) {
    this.engine = engine;
    this.tall = new TallLinear(engine);
    this.shallow = new ShallowLinear(engine);
  }

  @Override
  public void forward(Tensor x, Tensor w, @Nullable Tensor b, Activation f, Tensor y) {
    WarmUp.of(f).before();
    if (isOne(y)) {
      Matrix out = engine.matrix(y);
      Matrix sum = one(out);
      sum.set(engine.matrix(x), engine.transpose(w));
      Epilogue.forward(f, Engine.orZero(b), sum);
      out.store(sum);
      return;
    }
    Matrix in = engine.matrix(x);
    Matrix weights = engine.matrix(w);
    Matrix out = engine.matrix(y);
    long bias = Engine.orZero(b);
    if (ShallowLinear.suits(in, weights)) {
      shallow.forward(in, weights, bias, f, out);
      return;
    }
    product(
        in,
        weights,
        false,
        out,
        NOTHING,
        (row, column, sum) -> {
          Epilogue.forward(f, bias == 0 ? 0 : Native.at(bias, column), sum);
          out.store(row, column, sum);
        });
  }

  /// What is one tile needs no description of it: a sampler's ops allocate nothing.
  private static boolean isOne(Tensor y) {
    return isOne(y.rows(), y.channels());
  }

  private static boolean isOne(int rows, int columns) {
    return rows <= ROWS && columns <= COLUMNS;
  }

  private Matrix one(Matrix y) {
    engine.scratch().reserve(y.stored().room((long) y.rows() * y.columns()));
    return y.floats(engine.own(0));
  }

  @Override
  public void linearGelu(Tensor x, Tensor w, Tensor b, @Nullable Tensor before, Tensor y) {
    WarmUp.GELU.before();
    Matrix kept = engine.matrixOrNull(before);
    Matrix out = engine.matrix(y);
    Stored stored = out.stored();
    long bias = b.address();
    product(
        engine.matrix(x),
        engine.matrix(w),
        false,
        kept == null ? out : kept,
        NOTHING,
        (row, column, sum) -> {
          int columns = sum.columns();
          for (int r = 0; r < sum.rows(); r++) {
            long from = sum.row(r);
            Loops.addBias(false, Native.at(bias, column), from, columns);
            if (kept != null) {
              stored.store(from, kept.at(row + r, column), columns);
            }
            long to = out.at(row + r, column);
            long floats = stored.floats(to, from);
            Loops.activate(Activation.GELU, from, floats, columns);
            stored.store(floats, to, columns);
          }
        });
  }

  @Override
  public void linearAdd(Tensor x, Tensor w, @Nullable Tensor b, Tensor residual, Tensor y) {
    long bias = Engine.orZero(b);
    if (isOne(y)) {
      Matrix out = engine.matrix(y);
      Matrix sum = one(out);
      begin(engine.matrix(residual), bias, sum);
      sum.add(engine.matrix(x), engine.transpose(w));
      out.store(sum);
      return;
    }
    Matrix before = engine.matrix(residual);
    Matrix out = engine.matrix(y);
    product(
        engine.matrix(x),
        engine.matrix(w),
        true,
        out,
        (row, column, sum) ->
            begin(
                before.block(row, sum.rows(), column, sum.columns()),
                bias == 0 ? 0 : Native.at(bias, column),
                sum),
        (row, column, sum) -> out.store(row, column, sum));
  }

  /// sum = before + b
  private void begin(Matrix before, long b, Matrix sum) {
    int columns = sum.columns();
    for (int r = 0; r < sum.rows(); r++) {
      long to = sum.row(r);
      long from = before.stored().fetch(before.row(r), to, columns);
      if (b != 0) {
        Loops.add(from, b, to, columns);
      } else if (from != to) {
        Native.copy(from, to, columns);
      }
    }
  }

  /// y = x·wᵀ, or += that, with something done to each piece of y before and after
  private void product(Matrix x, Matrix w, boolean add, Matrix y, Piece before, Piece after) {
    if (TallLinear.suits(x, w)) {
      tall.forward(x, w, add, y, before, after);
      return;
    }
    if (isOne(y.rows(), y.columns())) {
      Matrix sum = one(y);
      before.run(0, 0, sum);
      sum.product(add, x, w.transpose());
      after.run(0, 0, sum);
      return;
    }
    engine.scratch().reserve(y.stored().room((long) ROWS * COLUMNS));
    Matrix turned = w.transpose();
    eachTile(
        y,
        ROWS,
        COLUMNS,
        (row, rows, column, columns, worker) -> {
          Matrix sum = y.block(row, rows, column, columns).floats(engine.own(worker));
          before.run(row, column, sum);
          sum.product(add, x.rows(row, rows), turned.columns(column, columns));
          after.run(row, column, sum);
        });
  }

  @FunctionalInterface
  private interface Tile {
    void run(int row, int rows, int column, int columns, int worker);
  }

  /// Shares out a matrix in tiles.
  private void eachTile(Matrix y, int tallest, int widest, Tile work) {
    if (y.rows() <= tallest && y.columns() <= widest) {
      work.run(0, y.rows(), 0, y.columns(), 0);
      return;
    }
    int across = Math.ceilDiv(y.columns(), widest);
    engine.run(
        Math.ceilDiv(y.rows(), tallest) * across,
        (share, worker) -> {
          int row = share / across * tallest;
          int column = share % across * widest;
          int rows = Math.min(tallest, y.rows() - row);
          work.run(row, rows, column, Math.min(widest, y.columns() - column), worker);
        });
  }

  @Override
  public void backward(Tensor x, Tensor w, Activation f, Tensor y, Tensor dy, Gradients to) {
    WarmUp.of(f).before();
    Matrix in = engine.matrix(x);
    Matrix weights = engine.matrix(w);
    Matrix known = engine.matrix(y);
    Matrix up = engine.matrix(dy);
    Matrix down = engine.matrixOrNull(to.dx());
    Matrix slopes = engine.matrixOrNull(to.dw());
    boolean add = Engine.adds(to.dx());
    long bias = Engine.orZero(to.db());
    TallLinear.Slope slope =
        (row, rows, room, sum) -> Epilogue.backward(f, known, up, row, rows, room, sum);
    if (TallLinear.suits(in, weights)) {
      tall.backward(in, weights, up, down, add, slopes, bias, slope);
      return;
    }
    if (ShallowLinear.suits(in, weights)) {
      shallow.backward(in, up, slopes, bias, slope);
    } else {
      beforeActivation(f, known, up, bias);
      if (slopes != null) {
        weightGradient(in, up, slopes);
      }
    }
    if (down != null) {
      inputGradient(up, weights, add, down);
    }
  }

  @Override
  public void linearGeluBackward(Tensor x, Tensor w, Tensor before, Tensor dy, Gradients to) {
    backward(x, w, Activation.GELU, before, dy, to);
  }

  /// dx = dy·w, or += that
  private void inputGradient(Matrix dy, Matrix w, boolean add, Matrix dx) {
    engine.scratch().reserve(dx.stored().room((long) ROWS * COLUMNS));
    eachTile(
        dx,
        ROWS,
        COLUMNS,
        (row, rows, column, columns, worker) -> {
          Matrix to = dx.block(row, rows, column, columns);
          Matrix sum = to.floats(engine.own(worker));
          if (add) {
            to.fetch(sum);
          }
          sum.product(add, dy.rows(row, rows), w.columns(column, columns));
          to.store(sum);
        });
  }

  /// dw += dyᵀ·x
  private void weightGradient(Matrix x, Matrix dy, Matrix dw) {
    int wide = COLUMNS;
    int tall = COLUMNS;
    while (wide < WIDEST_GRADIENT
        && Math.ceilDiv(dw.rows(), tall) * Math.ceilDiv(dw.columns(), 2 * wide)
            >= FEWEST_GRADIENTS) {
      wide *= 2;
    }
    while (tall < TALLEST_GRADIENT
        && Math.ceilDiv(dw.rows(), 2 * tall) * Math.ceilDiv(dw.columns(), wide)
            >= FEWEST_GRADIENTS) {
      tall *= 2;
    }
    boolean copies = dy.stored().turns(tall, BATCH_ROWS, wide);
    engine.scratch().reserve(copies ? dy.stored().asFloats((long) tall * BATCH_ROWS) : 0);
    eachTile(
        dw,
        tall,
        wide,
        (row, rows, column, columns, worker) -> {
          Matrix sum = dw.block(row, rows, column, columns);
          long own = engine.own(worker);
          for (int from = 0; from < x.rows(); from += BATCH_ROWS) {
            int count = Math.min(BATCH_ROWS, x.rows() - from);
            Matrix up = dy.block(from, count, row, rows);
            sum.add(
                copies ? up.transposeTo(own) : up.transpose(),
                x.block(from, count, column, columns));
          }
        });
  }

  /// @param db 0 when it is not wanted
  private void beforeActivation(Activation f, Matrix known, Matrix dy, long db) {
    if (f == Activation.IDENTITY && db == 0) {
      return;
    }
    engine.scratch().reserve(dy.stored().room(2L * COLUMNS));
    engine.runBlocks(
        dy.columns(),
        COLUMNS,
        (first, count, worker) ->
            Epilogue.backward(
                f,
                known.columns(first, count),
                dy.columns(first, count),
                0,
                dy.rows(),
                engine.own(worker),
                db == 0 ? 0 : Native.at(db, first)));
  }
}
