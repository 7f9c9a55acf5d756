package dev.hindsight.backend.cpu;

import dev.hindsight.backend.Activation;
import dev.hindsight.backend.Degrees;
import dev.hindsight.backend.MaskedLinear;
import dev.hindsight.tensor.Gradient;
import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// Masked linear layers. The weights that exist form a staircase, cut into panels: in a panel of
/// outputs, the inputs that all of them see are one product, and the block at the staircase's edge
/// is another, see [Staircase].
///
/// A batch is few rows, so a product that had to turn the weights would take longer over that than
/// over multiplying. Forward therefore computes yᵀ = w·xᵀ, and turns x and y instead.
final class CpuMaskedLinear implements MaskedLinear {
  /// Outputs of a panel forward and for dw, inputs of a panel for dx.
  private static final int PANEL = 96;

  /// Inputs that one share turns.
  private static final int TURNED = 128;

  /// Up to so many outputs, dot products beat a product of matrices: what a sampler asks for.
  private static final int FEW = 4;

  private final Engine engine;
  private final Gemm gemm;
  private final Loops loops;
  private final Workers workers;
  private final Scratch scratch;
  private final Scratch shared;
  private final MissingWeights missing;
  private final LinearTiles tiles;

  CpuMaskedLinear(Engine engine) {
    this.engine = engine;
    this.gemm = engine.gemm();
    this.loops = engine.loops();
    this.workers = engine.workers();
    this.scratch = engine.scratch();
    this.shared = engine.shared();
    this.missing = engine.missing();
    this.tiles = new LinearTiles(engine);
  }

  @Override
  public void forward(
      Tensor x, Tensor w, Tensor b, Degrees degrees, Activation f, int from, int to, Tensor y) {
    forward(x.rows(), x.address(), w.address(), b.address(), degrees, f, from, to, engine.out(y));
  }

  private void forward(
      int n, long x, long w, long b, Degrees degrees, Activation f, int from, int to, long y) {
    if (to - from <= FEW) {
      forwardFew(n, x, w, b, degrees, f, from, to, y);
      return;
    }
    int panels = Math.ceilDiv(to - from, PANEL);
    reserve(n, degrees, from, to);
    long turned = turn(n, x, degrees.inputs(), degrees.live(to - 1));
    workers.run(
        panels,
        (share, worker) -> {
          int first = from + (panels - 1 - share) * PANEL; // the longest sums first
          int last = Math.min(first + PANEL, to) - 1;
          forwardPanel(worker, n, x, turned, w, degrees, first, last, y);
          long out = Raw.at(y, first);
          tiles.finish(f, n, last - first + 1, Raw.at(b, first), out, degrees.outputs());
        });
  }

  /// The first inputs of x, (count,N).
  private long turn(int n, long x, int inputs, int count) {
    shared.reserve((long) count * n);
    long turned = shared.of(0);
    workers.run(
        Math.ceilDiv(count, TURNED),
        (share, worker) -> {
          int first = share * TURNED;
          int columns = Math.min(TURNED, count - first);
          Raw.transpose(Raw.at(x, first), n, columns, inputs, Raw.at(turned, first, n, 0));
        });
    return turned;
  }

  /// Room for a panel's results and the largest block at the edge, and as many values of x or dy as
  /// it sees.
  private void reserve(int n, Degrees degrees, int from, int to) {
    int widest = 0;
    for (int first = from; first < to; first += PANEL) {
      int last = Math.min(first + PANEL, to) - 1;
      widest = Math.max(widest, degrees.live(last) - degrees.live(first));
    }
    for (int first = 0; first < degrees.inputs(); first += PANEL) {
      int last = Math.min(first + PANEL, degrees.inputs()) - 1;
      widest = Math.max(widest, degrees.firstOutput(last) - degrees.firstOutput(first));
    }
    scratch.reserve((long) PANEL * n + (long) widest * (PANEL + n));
  }

  private void forwardPanel(
      int worker,
      int n,
      long x,
      long turned,
      long w,
      Degrees degrees,
      int first,
      int last,
      long y) {
    int inputs = degrees.inputs();
    int outputs = degrees.outputs();
    int count = last - first + 1;
    int all = degrees.live(first);
    int some = degrees.live(last) - all;
    long out = Raw.at(y, first);
    long sums = scratch.of(worker); // (count,N)
    long packed = Raw.at(sums, (long) count * n);
    if (all > 0) {
      long rows = Raw.at(w, first, inputs, 0);
      gemm.multiply(false, false, count, n, all, rows, inputs, turned, n, false, sums, n);
    } else {
      Raw.zero(sums, (long) count * n * Float.BYTES);
    }
    if (some == 0) {
      Raw.transpose(sums, count, n, n, out, outputs);
      return;
    }
    Staircase edge = new Staircase(degrees, first, count, all, some);
    edge.copyWeights(w, packed);
    long values = Raw.at(turned, all, n, 0); // (some,N)
    boolean finite = loops.allFinite(values, (long) some * n);
    if (!finite) {
      long copy = Raw.at(packed, (long) count * some);
      Staircase.copyFinite(some, n, values, n, copy);
      values = copy;
    }
    gemm.multiply(false, false, count, n, some, packed, some, values, n, true, sums, n);
    Raw.transpose(sums, count, n, n, out, outputs);
    if (!finite) {
      edge.spread(false, n, packed, Raw.at(x, all), inputs, out, outputs);
    }
  }

  /// dx += dy·w over the block
  private void backThroughEdge(
      Staircase edge, int worker, int n, long w, long dy, int ldDy, long dx, int ldDx) {
    int width = edge.outputs();
    long packed = scratch.of(worker);
    edge.copyWeights(w, packed);
    boolean finite = allFinite(n, width, dy, ldDy);
    long values = dy;
    int ld = ldDy;
    if (!finite) {
      values = Raw.at(packed, (long) width * edge.inputs());
      ld = width;
      Staircase.copyFinite(n, width, dy, ldDy, values);
    }
    gemm.multiply(
        false, false, n, edge.inputs(), width, values, ld, packed, edge.inputs(), true, dx, ldDx);
    if (!finite) {
      edge.spread(true, n, packed, dy, ldDy, dx, ldDx);
    }
  }

  private boolean allFinite(int n, int width, long from, int ld) {
    for (int row = 0; row < n; row++) {
      if (!loops.allFinite(Raw.at(from, row, ld, 0), width)) {
        return false;
      }
    }
    return true;
  }

  private void forwardFew(
      int n, long x, long w, long b, Degrees degrees, Activation f, int from, int to, long y) {
    int inputs = degrees.inputs();
    int outputs = degrees.outputs();
    for (int o = from; o < to; o++) {
      long row = Raw.at(w, o, inputs, 0);
      int live = degrees.live(o);
      for (int r = 0; r < n; r++) {
        Raw.put(Raw.at(y, r, outputs, o), loops.dot(Raw.at(x, r, inputs, 0), row, live));
      }
    }
    tiles.finish(f, n, to - from, Raw.at(b, from), Raw.at(y, from), outputs);
  }

  @Override
  public void backward(
      Tensor x,
      Tensor w,
      Degrees degrees,
      Activation f,
      Tensor y,
      Tensor dy,
      @Nullable Gradient dx,
      @Nullable Tensor dw,
      @Nullable Tensor db) {
    backward(
        x.rows(),
        x.address(),
        w.address(),
        degrees,
        f,
        y.address(),
        engine.out(dy),
        engine.begunOrZero(dx),
        Engine.orZero(dw), // backward tells MissingWeights itself
        engine.outOrZero(db));
  }

  /// @param dx 0 when it is not wanted; dw and db likewise
  private void backward(
      int n,
      long x,
      long w,
      Degrees degrees,
      Activation f,
      long y,
      long dy,
      long dx,
      long dw,
      long db) {
    if (dw != 0) {
      missing.gradient(dw, degrees);
    }
    int outputs = degrees.outputs();
    reserve(n, degrees, 0, outputs);
    int panels = Math.ceilDiv(outputs, PANEL);
    workers.run(
        panels,
        (share, worker) -> {
          int first = (panels - 1 - share) * PANEL;
          int count = Math.min(PANEL, outputs - first);
          long columns = Raw.at(dy, first);
          long sums = db == 0 ? 0 : Raw.at(db, first);
          tiles.beforeActivation(n, count, f, Raw.at(y, first), columns, outputs, sums);
          if (dw != 0) {
            weightGradient(worker, n, x, columns, degrees, first, count, dw);
          }
        });
    if (dx != 0) {
      int inputs = degrees.inputs();
      workers.run(
          Math.ceilDiv(inputs, PANEL),
          (share, worker) -> {
            int first = share * PANEL;
            int count = Math.min(PANEL, inputs - first);
            inputGradient(worker, n, w, degrees, first, count, dy, Raw.at(dx, first));
          });
    }
  }

  private void weightGradient(
      int worker, int n, long x, long dy, Degrees degrees, int first, int count, long dw) {
    int inputs = degrees.inputs();
    int outputs = degrees.outputs();
    int all = degrees.live(first);
    int some = degrees.live(first + count - 1) - all;
    if (all > 0) {
      long rows = Raw.at(dw, first, inputs, 0);
      gemm.multiply(true, false, count, all, n, dy, outputs, x, inputs, true, rows, inputs);
    }
    if (some > 0) {
      Staircase edge = new Staircase(degrees, first, count, all, some);
      long block = scratch.of(worker);
      gemm.multiply(
          true, false, count, some, n, dy, outputs, Raw.at(x, all), inputs, false, block, some);
      edge.addGradient(loops, block, dw);
    }
  }

  private void inputGradient(
      int worker, int n, long w, Degrees degrees, int first, int count, long dy, long dx) {
    int inputs = degrees.inputs();
    int outputs = degrees.outputs();
    int some = degrees.firstOutput(first); // outputs before it see no input of the panel
    int all = degrees.firstOutput(first + count - 1); // from here on they see every one
    if (all < outputs) {
      gemm.multiply(
          false,
          false,
          n,
          count,
          outputs - all,
          Raw.at(dy, all),
          outputs,
          Raw.at(w, all, inputs, first),
          inputs,
          true,
          dx,
          inputs);
    }
    if (all > some) {
      Staircase edge = new Staircase(degrees, some, all - some, first, count);
      backThroughEdge(edge, worker, n, w, Raw.at(dy, some), outputs, dx, inputs);
    }
  }
}
