package dev.hindsight.backend.cpu.pointwise;

import dev.hindsight.backend.Activation;
import dev.hindsight.backend.Gate;
import dev.hindsight.backend.cpu.core.Engine;
import dev.hindsight.backend.cpu.loops.Loops;
import dev.hindsight.backend.cpu.loops.WarmUp;
import dev.hindsight.backend.cpu.machine.Native;
import dev.hindsight.backend.cpu.product.Matrix;
import dev.hindsight.backend.cpu.product.Stored;
import dev.hindsight.tensor.Gradient;
import dev.hindsight.tensor.Tensor;

/// tanh(a)·σ(b) of rows that hold a, then b.
///
/// Halves are gathered into scratch memory, some rows at a time, so that few channels still make
/// long loops.
public final class CpuGate implements Gate {
  /// Floats of a share's half.
  private static final int SHARE = 1 << 13;

  private final Engine engine;

  public CpuGate(Engine engine) {
    this.engine = engine;
  }

  @Override
  public void forward(Tensor ab, Tensor y) {
    WarmUp.SIGMOIDS.before();
    WarmUp.GATE.before();
    int most = Math.max(1, SHARE / y.channels());
    engine.scratch().reserve(2L * most * y.channels());
    if (y.rows() <= most) {
      forward(engine.matrix(ab), engine.matrix(y), engine.own(0));
      return;
    }
    Matrix halves = engine.matrix(ab);
    Matrix out = engine.matrix(y);
    engine.runBlocks(
        out.rows(),
        most,
        (row, rows, worker) ->
            forward(halves.rows(row, rows), out.rows(row, rows), engine.own(worker)));
  }

  /// @param t room for both halves
  private void forward(Matrix ab, Matrix y, long t) {
    long size = (long) y.rows() * y.columns();
    long s = Native.at(t, size);
    activateHalves(ab, t, s);
    long product = y.stored().floats(y.address(), t);
    Loops.multiply(t, s, product, size);
    y.stored().store(product, y.address(), size);
  }

  @Override
  public void backward(Tensor ab, Tensor dy, Gradient dab) {
    WarmUp.SIGMOIDS.before();
    WarmUp.GATE.before();
    Matrix halves = engine.matrix(ab);
    Matrix up = engine.matrix(dy);
    Matrix down = engine.matrix(dab.tensor());
    boolean add = Engine.adds(dab);
    Stored stored = up.stored();
    int c = up.columns();
    int most = Math.max(1, SHARE / c);
    long half = (long) most * c;
    engine.scratch().reserve(2 * half + stored.room(half));
    engine.runBlocks(
        up.rows(),
        most,
        (row, rows, worker) -> {
          long t = engine.own(worker);
          long s = Native.at(t, half);
          long room = Native.at(s, half);
          activateHalves(halves.rows(row, rows), t, s);
          long size = (long) rows * c;
          Loops.gateSlopes(t, s, stored.fetch(up.row(row), room, size), size);
          for (int r = 0; r < rows; r++) {
            stored.round(add, Native.at(t, r, c, 0), down.row(row + r), c, room);
            stored.round(add, Native.at(s, r, c, 0), down.at(row + r, c), c, room);
          }
        });
  }

  /// t = tanh of the first halves, s = σ of the second, each without gaps.
  private void activateHalves(Matrix ab, long t, long s) {
    int c = ab.columns() / 2;
    for (int r = 0; r < ab.rows(); r++) {
      ab.stored().widen(ab.row(r), Native.at(t, r, c, 0), c);
      ab.stored().widen(ab.at(r, c), Native.at(s, r, c, 0), c);
    }
    Loops.activate(Activation.TANH, t, t, (long) ab.rows() * c);
    Loops.activate(Activation.SIGMOID, s, s, (long) ab.rows() * c);
  }
}
