package dev.hindsight.backend.cpu.linear;

import dev.hindsight.backend.Activation;
import dev.hindsight.backend.cpu.core.Engine;
import dev.hindsight.backend.cpu.core.GroupSums;
import dev.hindsight.backend.cpu.loops.Loops;
import dev.hindsight.backend.cpu.machine.Native;
import dev.hindsight.backend.cpu.product.Matrix;
import dev.hindsight.backend.cpu.product.Stored;
import org.jspecify.annotations.Nullable;

/// Linear layers over many rows with a handful of inputs and many outputs: an LSTM's first. Next to
/// nothing is multiplied; what counts is that y, or dy, passes through memory once. So a row is
/// done whole, by scaled columns of the weights.
final class ShallowLinear {
  private static final int MOST_INPUTS = 8;
  private static final int FEWEST_ROWS = 1024;
  private static final int LEAST_OUTPUTS = 128;

  /// Of a share.
  private static final int ROWS = 64;

  private final Engine engine;
  private final GroupSums sums;

  ShallowLinear(Engine engine) {
    this.engine = engine;
    this.sums = new GroupSums(engine);
  }

  /// Whether a layer is better done here.
  static boolean suits(Matrix x, Matrix w) {
    return x.rows() >= FEWEST_ROWS && w.columns() <= MOST_INPUTS && w.rows() >= LEAST_OUTPUTS;
  }

  /// y = f(b + x·wᵀ)
  ///
  /// @param b 0 when there is none
  void forward(Matrix x, Matrix w, long b, Activation f, Matrix y) {
    Stored stored = x.stored();
    int outputs = w.rows();
    long weights = (long) outputs * w.columns();
    engine.shared().reserve(weights + stored.room(weights));
    engine.scratch().reserve(stored.room(outputs));
    Matrix floats = w.floats(Native.at(engine.shared().of(0), weights));
    w.fetch(floats);
    Matrix turned = floats.transposeTo(engine.shared().of(0));
    engine.runBlocks(
        x.rows(),
        ROWS,
        (first, count, worker) -> {
          for (int row = first; row < first + count; row++) {
            long to = y.row(row);
            long out = stored.floats(to, engine.own(worker));
            if (b == 0) {
              Loops.fill(0, out, outputs);
            } else {
              Native.copy(b, out, outputs);
            }
            for (int k = 0; k < w.columns(); k++) {
              Loops.addScaled(stored.get(x.at(row, k)), turned.row(k), out, outputs);
            }
            if (f != Activation.IDENTITY) {
              Loops.activate(f, out, out, outputs);
            }
            stored.store(out, to, outputs);
          }
        });
  }

  /// dw += dyᵀ·x and db += Σ dy
  ///
  /// @param db 0 when it is not wanted
  /// @param before what is done to rows of dy first
  void backward(Matrix x, Matrix dy, @Nullable Matrix dw, long db, TallLinear.Slope before) {
    Stored stored = x.stored();
    int inputs = x.columns();
    int outputs = dy.columns();
    long weights = dw == null ? 0 : (long) inputs * outputs;
    engine.scratch().reserve(stored.room(2L * outputs));
    sums.run(
        Math.ceilDiv(x.rows(), ROWS),
        weights + outputs,
        (block, worker, sum) -> {
          int end = Math.min(x.rows(), (block + 1) * ROWS);
          long room = engine.own(worker);
          for (int row = block * ROWS; row < end; row++) {
            before.run(row, 1, room, db == 0 ? 0 : Native.at(sum, weights));
            long up = stored.fetch(dy.row(row), room, outputs);
            for (int k = 0; k < inputs && dw != null; k++) {
              long at = Native.at(sum, k, outputs, 0);
              Loops.addScaled(stored.get(x.at(row, k)), up, at, outputs);
            }
          }
        });
    if (dw != null) {
      sums.addTurnedTo(dw.address(), inputs, outputs);
    }
    if (db != 0) {
      sums.addTo(db, weights, outputs);
    }
  }
}
