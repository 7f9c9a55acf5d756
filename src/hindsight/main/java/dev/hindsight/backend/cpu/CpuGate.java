package dev.hindsight.backend.cpu;

import dev.hindsight.backend.Activation;
import dev.hindsight.backend.Gate;
import dev.hindsight.tensor.Gradient;
import dev.hindsight.tensor.Tensor;

/// tanh(a)·σ(b) of rows that hold a, then b.
///
/// Halves are gathered into scratch memory, some rows at a time, so that few channels still make
/// long loops.
final class CpuGate implements Gate {
  /// Floats of a share's half.
  private static final int SHARE = 1 << 13;

  private final Engine engine;
  private final Loops loops;
  private final Workers workers;
  private final Scratch scratch;

  CpuGate(Engine engine) {
    this.engine = engine;
    this.loops = engine.loops();
    this.workers = engine.workers();
    this.scratch = engine.scratch();
  }

  @Override
  public void forward(Tensor ab, Tensor y) {
    WarmUp.SIGMOIDS.before(loops);
    WarmUp.GATE.before(loops);
    forward(engine.stored(y), y.rows(), y.channels(), ab.address(), y.address());
  }

  private void forward(Stored stored, int n, int c, long ab, long y) {
    int most = rowsOfShare(c);
    scratch.reserve(2L * most * c);
    if (n <= most) {
      forward(stored, 0, n, most, c, scratch.of(0), ab, y);
      return;
    }
    workers.run(
        Math.ceilDiv(n, most),
        (share, worker) -> {
          int row = share * most;
          int rows = Math.min(most, n - row);
          forward(stored, row, rows, most, c, scratch.of(worker), ab, y);
        });
  }

  private void forward(Stored stored, int row, int rows, int most, int c, long t, long ab, long y) {
    long s = Raw.at(t, (long) most * c);
    activateHalves(stored, stored.at(ab, row, 2 * c, 0), rows, c, t, s);
    long to = stored.at(y, row, c, 0);
    long product = stored.floats(to, t);
    loops.multiply(t, s, product, (long) rows * c);
    stored.store(product, to, (long) rows * c);
  }

  @Override
  public void backward(Tensor ab, Tensor dy, Gradient dab) {
    WarmUp.SIGMOIDS.before(loops);
    WarmUp.GATE.before(loops);
    long sum = dab.tensor().address();
    backward(
        engine.stored(dy),
        dy.rows(),
        dy.channels(),
        ab.address(),
        dy.address(),
        Engine.adds(dab),
        sum);
  }

  /// @param add false when dab is zero, whatever is there
  private void backward(Stored stored, int n, int c, long ab, long dy, boolean add, long dab) {
    int most = rowsOfShare(c);
    long half = (long) most * c;
    scratch.reserve(2 * half + stored.room(half));
    workers.run(
        Math.ceilDiv(n, most),
        (share, worker) -> {
          int row = share * most;
          int rows = Math.min(most, n - row);
          long t = scratch.of(worker);
          long s = Raw.at(t, half);
          long room = Raw.at(s, half);
          activateHalves(stored, stored.at(ab, row, 2 * c, 0), rows, c, t, s);
          long size = (long) rows * c;
          loops.gateSlopes(t, s, stored.fetch(stored.at(dy, row, c, 0), room, size), size);
          for (int r = 0; r < rows; r++) {
            long da = stored.at(dab, row + r, 2 * c, 0);
            stored.round(add, Raw.at(t, r, c, 0), da, c, room);
            stored.round(add, Raw.at(s, r, c, 0), stored.at(da, c), c, room);
          }
        });
  }

  private static int rowsOfShare(int c) {
    return Math.max(1, SHARE / c);
  }

  /// t = tanh of the first halves, s = σ of the second, each without gaps.
  private void activateHalves(Stored stored, long ab, int rows, int c, long t, long s) {
    for (int r = 0; r < rows; r++) {
      stored.widen(stored.at(ab, r, 2 * c, 0), Raw.at(t, r, c, 0), c);
      stored.widen(stored.at(ab, r, 2 * c, c), Raw.at(s, r, c, 0), c);
    }
    loops.activate(Activation.TANH, t, t, (long) rows * c);
    loops.activate(Activation.SIGMOID, s, s, (long) rows * c);
  }
}
