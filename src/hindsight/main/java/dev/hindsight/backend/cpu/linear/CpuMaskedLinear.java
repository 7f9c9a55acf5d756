package dev.hindsight.backend.cpu.linear;

import dev.hindsight.backend.Activation;
import dev.hindsight.backend.Degrees;
import dev.hindsight.backend.Gradients;
import dev.hindsight.backend.MaskedLinear;
import dev.hindsight.backend.cpu.core.Engine;
import dev.hindsight.backend.cpu.loops.Loops;
import dev.hindsight.backend.cpu.loops.WarmUp;
import dev.hindsight.backend.cpu.machine.Native;
import dev.hindsight.backend.cpu.product.Matrix;
import dev.hindsight.backend.cpu.product.Stored;
import dev.hindsight.tensor.Tensor;

/// Masked linear layers. The weights that exist form a staircase, cut into panels: in a panel of
/// outputs, the inputs that all of them see are one product, and the block at the staircase's edge
/// is another, see [Staircase].
///
/// A batch is few rows, so a product that had to turn the weights would take longer over that than
/// over multiplying. Forward therefore computes yᵀ = w·xᵀ, and turns x and y instead.
public final class CpuMaskedLinear implements MaskedLinear {
  /// Outputs of a panel forward and for dw, inputs of a panel for dx.
  private static final int PANEL = 96;

  /// Inputs that one share turns.
  private static final int TURNED = 128;

  /// Up to so many outputs, dot products beat a product of matrices: what a sampler asks for.
  private static final int FEW = 4;

  private final Engine engine;

  public CpuMaskedLinear(Engine engine) {
    this.engine = engine;
  }

  @Override
  public void forward(
      Tensor x, Tensor w, Tensor b, Degrees degrees, Activation f, int from, int to, Tensor y) {
    WarmUp.of(f).before();
    long bias = Native.at(b.address(), from);
    if (to - from <= FEW) {
      Matrix some = engine.matrix(y).columns(from, to - from);
      forwardFew(engine.matrix(x), engine.matrix(w), degrees, from, f, bias, some);
      return;
    }
    Matrix in = engine.matrix(x);
    Matrix weights = engine.matrix(w);
    Matrix all = engine.matrix(y).columns(from, to - from);
    int panels = Math.ceilDiv(to - from, PANEL);
    long block = reserve(in, degrees, from, to);
    Matrix turned = turn(in.columns(0, degrees.live(to - 1)));
    engine.run(
        panels,
        (share, worker) -> {
          int first = (panels - 1 - share) * PANEL; // the longest sums first
          Matrix some = all.columns(first, Math.min(PANEL, to - from - first));
          Matrix out = some.floats(Native.at(engine.own(worker), block));
          forwardPanel(in, turned, weights, degrees, from + first, out, engine.own(worker));
          Epilogue.forward(f, Native.at(bias, first), out);
          some.store(out);
        });
  }

  private void forwardFew(
      Matrix x, Matrix w, Degrees degrees, int first, Activation f, long b, Matrix y) {
    Stored stored = x.stored();
    int inputs = degrees.inputs();
    engine.scratch().reserve(stored.room(2L * inputs + (long) y.rows() * y.columns()));
    long room = engine.own(0);
    Matrix out = y.floats(Native.at(room, 2L * inputs));
    for (int k = 0; k < y.columns(); k++) {
      int live = degrees.live(first + k);
      long row = stored.fetch(w.row(first + k), room, live);
      for (int r = 0; r < y.rows(); r++) {
        long seen = stored.fetch(x.row(r), Native.at(room, inputs), live);
        Native.put(out.at(r, k), Loops.dot(seen, row, live));
      }
    }
    Epilogue.forward(f, b, out);
    y.store(out);
  }

  /// The transpose of inputs.
  private Matrix turn(Matrix x) {
    engine.shared().reserve(x.stored().asFloats((long) x.columns() * x.rows()));
    Matrix across = x.transpose();
    Matrix turned =
        Matrix.dense(x.stored(), engine.shared().of(0), across.rows(), across.columns());
    engine.runBlocks(
        x.columns(),
        TURNED,
        (first, count, _) -> x.columns(first, count).transposeTo(turned.row(first)));
    return turned;
  }

  /// Room for a panel's results and the largest block at the edge, and as many values of x or dy as
  /// it sees; then for a block of y or dx, or two rows of dy, as floats.
  ///
  /// @return where that begins
  private long reserve(Matrix x, Degrees degrees, int from, int to) {
    int n = x.rows();
    int widest = 0;
    for (int first = from; first < to; first += PANEL) {
      int last = Math.min(first + PANEL, to) - 1;
      widest = Math.max(widest, degrees.live(last) - degrees.live(first));
    }
    for (int first = 0; first < degrees.inputs(); first += PANEL) {
      int last = Math.min(first + PANEL, degrees.inputs()) - 1;
      widest = Math.max(widest, degrees.firstOutput(last) - degrees.firstOutput(first));
    }
    long block = (long) PANEL * n + (long) widest * (PANEL + n);
    engine.scratch().reserve(block + x.stored().room((long) PANEL * Math.max(n, 2)));
    return block;
  }

  /// @param turned the transpose of x
  /// @param first of the panel's outputs
  /// @param out the panel's floats of y
  private static void forwardPanel(
      Matrix x, Matrix turned, Matrix w, Degrees degrees, int first, Matrix out, long own) {
    int count = out.columns();
    int all = degrees.live(first);
    int some = degrees.live(first + count - 1) - all;
    Matrix sums = Matrix.dense(out.stored(), own, count, out.rows());
    if (all > 0) {
      sums.set(w.block(first, count, 0, all), turned.rows(0, all));
    } else {
      sums.clear();
    }
    if (some == 0) {
      turnBack(sums, out);
      return;
    }
    Staircase edge = new Staircase(degrees, first, count, all, some);
    Matrix packed = edge.copyWeights(w, sums.row(count));
    Matrix values = turned.rows(all, some);
    boolean finite = values.allFinite();
    sums.add(packed, finite ? values : values.finitePart(packed.row(count)));
    turnBack(sums, out);
    if (!finite) {
      edge.spread(false, packed, x.columns(all, some), out);
    }
  }

  private static void turnBack(Matrix sums, Matrix out) {
    Native.transpose(
        sums.address(), sums.rows(), sums.columns(), sums.pitch(), out.address(), out.pitch());
  }

  @Override
  public void backward(
      Tensor x, Tensor w, Degrees degrees, Activation f, Tensor y, Tensor dy, Gradients to) {
    WarmUp.of(f).before();
    Matrix in = engine.matrix(x);
    Matrix weights = engine.matrix(w);
    Matrix known = engine.matrix(y);
    Matrix up = engine.matrix(dy);
    Matrix down = engine.begunOrNull(to.dx());
    Matrix slopes = engine.matrixOrNull(to.dw());
    long bias = Engine.orZero(to.db());
    int outputs = degrees.outputs();
    long block = reserve(in, degrees, 0, outputs);
    int panels = Math.ceilDiv(outputs, PANEL);
    engine.run(
        panels,
        (share, worker) -> {
          int first = (panels - 1 - share) * PANEL;
          int count = Math.min(PANEL, outputs - first);
          Matrix some = up.columns(first, count);
          long own = engine.own(worker);
          long sums = bias == 0 ? 0 : Native.at(bias, first);
          Epilogue.backward(
              f, known.columns(first, count), some, 0, some.rows(), Native.at(own, block), sums);
          if (slopes != null) {
            weightGradient(in, some, degrees, first, slopes, own);
          }
        });
    if (down != null) {
      engine.runBlocks(
          degrees.inputs(),
          PANEL,
          (first, count, worker) -> {
            Matrix some = down.columns(first, count);
            Matrix sum = some.floats(Native.at(engine.own(worker), block));
            some.fetch(sum);
            inputGradient(weights, up, degrees, first, sum, engine.own(worker));
            some.store(sum);
          });
    }
  }

  /// @param dy of the panel whose first output is `first`
  private void weightGradient(
      Matrix x, Matrix dy, Degrees degrees, int first, Matrix dw, long own) {
    int count = dy.columns();
    int all = degrees.live(first);
    int some = degrees.live(first + count - 1) - all;
    if (all > 0) {
      dw.block(first, count, 0, all).add(dy.transpose(), x.columns(0, all));
    }
    if (some > 0) {
      Matrix packed = Matrix.dense(dw.stored(), own, count, some);
      packed.set(dy.transpose(), x.columns(all, some));
      new Staircase(degrees, first, count, all, some).addGradient(packed, dw);
    }
  }

  /// @param dx floats of the panel whose first input is `first`
  private static void inputGradient(
      Matrix w, Matrix dy, Degrees degrees, int first, Matrix dx, long own) {
    int count = dx.columns();
    int some = degrees.firstOutput(first); // outputs before it see no input of the panel
    int all = degrees.firstOutput(first + count - 1); // from here on they see every one
    int rest = degrees.outputs() - all;
    if (rest > 0) {
      dx.add(dy.columns(all, rest), w.block(all, rest, first, count));
    }
    if (all > some) {
      Staircase edge = new Staircase(degrees, some, all - some, first, count);
      Matrix packed = edge.copyWeights(w, own);
      Matrix values = dy.columns(some, all - some);
      boolean finite = values.allFinite();
      dx.add(finite ? values : values.finitePart(packed.row(all - some)), packed);
      if (!finite) {
        edge.spread(true, packed, values, dx);
      }
    }
  }
}
