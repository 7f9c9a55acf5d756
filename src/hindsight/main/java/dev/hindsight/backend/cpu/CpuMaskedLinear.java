package dev.hindsight.backend.cpu;

import dev.hindsight.backend.Activation;
import dev.hindsight.backend.Degrees;
import dev.hindsight.backend.Gradients;
import dev.hindsight.backend.MaskedLinear;
import dev.hindsight.tensor.Tensor;

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
  private final Loops loops;
  private final Workers workers;
  private final Scratch scratch;
  private final Scratch shared;
  private final LinearTiles tiles;
  private final LinearGradients gradients;

  /// Where in a thread's memory the floats of its block begin.
  private long block;

  CpuMaskedLinear(Engine engine) {
    this.engine = engine;
    this.loops = engine.loops();
    this.workers = engine.workers();
    this.scratch = engine.scratch();
    this.shared = engine.shared();
    this.tiles = new LinearTiles(engine);
    this.gradients = new LinearGradients(engine);
  }

  @Override
  public void forward(
      Tensor x, Tensor w, Tensor b, Degrees degrees, Activation f, int from, int to, Tensor y) {
    WarmUp.of(f).before(loops);
    forward(
        engine.stored(x),
        x.rows(),
        x.address(),
        w.address(),
        b.address(),
        degrees,
        f,
        from,
        to,
        y.address());
  }

  private void forward(
      Stored stored,
      int n,
      long x,
      long w,
      long b,
      Degrees degrees,
      Activation f,
      int from,
      int to,
      long y) {
    if (to - from <= FEW) {
      forwardFew(stored, n, x, w, b, degrees, f, from, to, y);
      return;
    }
    int panels = Math.ceilDiv(to - from, PANEL);
    reserve(stored, n, degrees, from, to);
    long turned = turn(stored, n, x, degrees.inputs(), degrees.live(to - 1));
    workers.run(
        panels,
        (share, worker) -> {
          int first = from + (panels - 1 - share) * PANEL; // the longest sums first
          int last = Math.min(first + PANEL, to) - 1;
          int count = last - first + 1;
          long place = stored.at(y, first);
          long out = stored.floats(place, block(worker));
          int pitch = stored.pitch(degrees.outputs(), count);
          forwardPanel(stored, worker, n, x, turned, w, degrees, first, last, out, pitch);
          tiles.finish(f, n, count, Raw.at(b, first), out, pitch);
          stored.store(n, count, out, place, degrees.outputs());
        });
  }

  /// The first inputs of x, (count,N).
  private long turn(Stored stored, int n, long x, int inputs, int count) {
    shared.reserve(stored.asFloats((long) count * n));
    long turned = shared.of(0);
    workers.run(
        Math.ceilDiv(count, TURNED),
        (share, worker) -> {
          int first = share * TURNED;
          int columns = Math.min(TURNED, count - first);
          stored.transpose(stored.at(x, first), n, columns, inputs, stored.at(turned, first, n, 0));
        });
    return turned;
  }

  /// Room for a panel's results and the largest block at the edge, and as many values of x or dy as
  /// it sees; then for a block of y or dx, or two rows of dy, as floats.
  private void reserve(Stored stored, int n, Degrees degrees, int from, int to) {
    int widest = 0;
    for (int first = from; first < to; first += PANEL) {
      int last = Math.min(first + PANEL, to) - 1;
      widest = Math.max(widest, degrees.live(last) - degrees.live(first));
    }
    for (int first = 0; first < degrees.inputs(); first += PANEL) {
      int last = Math.min(first + PANEL, degrees.inputs()) - 1;
      widest = Math.max(widest, degrees.firstOutput(last) - degrees.firstOutput(first));
    }
    block = (long) PANEL * n + (long) widest * (PANEL + n);
    scratch.reserve(block + stored.room((long) PANEL * Math.max(n, 2)));
  }

  private long block(int worker) {
    return Raw.at(scratch.of(worker), block);
  }

  /// @param out the panel's floats of y, in rows that are `pitch` apart
  private void forwardPanel(
      Stored stored,
      int worker,
      int n,
      long x,
      long turned,
      long w,
      Degrees degrees,
      int first,
      int last,
      long out,
      int pitch) {
    Gemm gemm = stored.gemm();
    int inputs = degrees.inputs();
    int count = last - first + 1;
    int all = degrees.live(first);
    int some = degrees.live(last) - all;
    long sums = scratch.of(worker); // (count,N)
    long packed = Raw.at(sums, (long) count * n);
    if (all > 0) {
      long rows = stored.at(w, first, inputs, 0);
      gemm.multiply(false, false, count, n, all, rows, inputs, turned, n, false, sums, n);
    } else {
      Raw.zero(sums, (long) count * n * Float.BYTES);
    }
    if (some == 0) {
      Raw.transpose(sums, count, n, n, out, pitch);
      return;
    }
    Staircase edge = new Staircase(stored, degrees, first, count, all, some);
    edge.copyWeights(w, packed);
    long values = stored.at(turned, all, n, 0); // (some,N)
    boolean finite = stored.allFinite(values, (long) some * n);
    if (!finite) {
      long copy = stored.at(packed, (long) count * some);
      Staircase.copyFinite(stored, some, n, values, n, copy);
      values = copy;
    }
    gemm.multiply(false, false, count, n, some, packed, some, values, n, true, sums, n);
    Raw.transpose(sums, count, n, n, out, pitch);
    if (!finite) {
      edge.spread(false, n, packed, stored.at(x, all), inputs, out, pitch);
    }
  }

  /// dx += dy·w over the block; dx is floats
  private void backThroughEdge(
      Staircase edge, int worker, int n, long w, long dy, int ldDy, long dx, int ldDx) {
    Stored stored = edge.stored();
    int width = edge.outputs();
    long packed = scratch.of(worker);
    edge.copyWeights(w, packed);
    boolean finite = allFinite(stored, n, width, dy, ldDy);
    long values = dy;
    int ld = ldDy;
    if (!finite) {
      values = stored.at(packed, (long) width * edge.inputs());
      ld = width;
      Staircase.copyFinite(stored, n, width, dy, ldDy, values);
    }
    int inputs = edge.inputs();
    stored
        .gemm()
        .multiply(false, false, n, inputs, width, values, ld, packed, inputs, true, dx, ldDx);
    if (!finite) {
      edge.spread(true, n, packed, dy, ldDy, dx, ldDx);
    }
  }

  private static boolean allFinite(Stored stored, int n, int width, long from, int ld) {
    for (int row = 0; row < n; row++) {
      if (!stored.allFinite(stored.at(from, row, ld, 0), width)) {
        return false;
      }
    }
    return true;
  }

  private void forwardFew(
      Stored stored,
      int n,
      long x,
      long w,
      long b,
      Degrees degrees,
      Activation f,
      int from,
      int to,
      long y) {
    int inputs = degrees.inputs();
    int outputs = degrees.outputs();
    int count = to - from;
    scratch.reserve(stored.room(2L * inputs + (long) n * count));
    long room = scratch.of(0);
    long at = stored.at(y, from);
    long out = stored.floats(at, Raw.at(room, 2L * inputs));
    int pitch = stored.pitch(outputs, count);
    for (int o = from; o < to; o++) {
      int live = degrees.live(o);
      long row = stored.fetch(stored.at(w, o, inputs, 0), room, live);
      for (int r = 0; r < n; r++) {
        long seen = stored.fetch(stored.at(x, r, inputs, 0), Raw.at(room, inputs), live);
        Raw.put(Raw.at(out, r, pitch, o - from), loops.dot(seen, row, live));
      }
    }
    tiles.finish(f, n, count, Raw.at(b, from), out, pitch);
    stored.store(n, count, out, at, outputs);
  }

  @Override
  public void backward(
      Tensor x, Tensor w, Degrees degrees, Activation f, Tensor y, Tensor dy, Gradients to) {
    WarmUp.of(f).before(loops);
    backward(
        engine.stored(x),
        x.rows(),
        x.address(),
        w.address(),
        degrees,
        f,
        y.address(),
        dy.address(),
        engine.begunOrZero(to.dx()),
        Engine.orZero(to.dw()),
        Engine.orZero(to.db()));
  }

  /// @param dx 0 when it is not wanted; dw and db likewise
  private void backward(
      Stored stored,
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
    int outputs = degrees.outputs();
    reserve(stored, n, degrees, 0, outputs);
    int panels = Math.ceilDiv(outputs, PANEL);
    workers.run(
        panels,
        (share, worker) -> {
          int first = (panels - 1 - share) * PANEL;
          int count = Math.min(PANEL, outputs - first);
          long columns = stored.at(dy, first);
          long sums = db == 0 ? 0 : Raw.at(db, first);
          long room = block(worker);
          long known = stored.at(y, first);
          gradients.beforeActivation(stored, n, count, f, known, columns, outputs, room, sums);
          if (dw != 0) {
            weightGradient(stored, worker, n, x, columns, degrees, first, count, dw);
          }
        });
    if (dx != 0) {
      int inputs = degrees.inputs();
      workers.run(
          Math.ceilDiv(inputs, PANEL),
          (share, worker) -> {
            int first = share * PANEL;
            int count = Math.min(PANEL, inputs - first);
            long to = stored.at(dx, first);
            long sum = stored.floats(to, block(worker));
            stored.fetch(n, count, to, inputs, sum);
            int pitch = stored.pitch(inputs, count);
            inputGradient(stored, worker, n, w, degrees, first, count, dy, sum, pitch);
            stored.store(n, count, sum, to, inputs);
          });
    }
  }

  private void weightGradient(
      Stored stored,
      int worker,
      int n,
      long x,
      long dy,
      Degrees degrees,
      int first,
      int count,
      long dw) {
    Gemm gemm = stored.gemm();
    int inputs = degrees.inputs();
    int outputs = degrees.outputs();
    int all = degrees.live(first);
    int some = degrees.live(first + count - 1) - all;
    if (all > 0) {
      long rows = Raw.at(dw, first, inputs, 0);
      gemm.multiply(true, false, count, all, n, dy, outputs, x, inputs, true, rows, inputs);
    }
    if (some > 0) {
      Staircase edge = new Staircase(stored, degrees, first, count, all, some);
      long packed = scratch.of(worker);
      long seen = stored.at(x, all);
      gemm.multiply(true, false, count, some, n, dy, outputs, seen, inputs, false, packed, some);
      edge.addGradient(loops, packed, dw);
    }
  }

  /// @param dx the panel's floats, in rows that are `pitch` apart
  private void inputGradient(
      Stored stored,
      int worker,
      int n,
      long w,
      Degrees degrees,
      int first,
      int count,
      long dy,
      long dx,
      int pitch) {
    int inputs = degrees.inputs();
    int outputs = degrees.outputs();
    int some = degrees.firstOutput(first); // outputs before it see no input of the panel
    int all = degrees.firstOutput(first + count - 1); // from here on they see every one
    if (all < outputs) {
      stored
          .gemm()
          .multiply(
              false,
              false,
              n,
              count,
              outputs - all,
              stored.at(dy, all),
              outputs,
              stored.at(w, all, inputs, first),
              inputs,
              true,
              dx,
              pitch);
    }
    if (all > some) {
      Staircase edge = new Staircase(stored, degrees, some, all - some, first, count);
      backThroughEdge(edge, worker, n, w, stored.at(dy, some), outputs, dx, pitch);
    }
  }
}
