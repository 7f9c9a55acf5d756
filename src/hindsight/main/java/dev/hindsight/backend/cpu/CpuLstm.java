package dev.hindsight.backend.cpu;

import dev.hindsight.backend.Activation;
import dev.hindsight.backend.Lstm;
import dev.hindsight.tensor.Tensor;

/// The recurrence of an LSTM. A share owns 64 hidden units: it multiplies the columns of their four
/// gates and goes on to their new state while those are in the cache. So one meeting of the threads
/// per step is all it takes, backwards too, where a share's product gives it what its units need.
final class CpuLstm implements Lstm {
  private final Engine engine;
  private final Panels panels;
  private final Loops loops;
  private final LstmLoops steps;
  private final Workers workers;
  private final Scratch scratch;
  private final Scratch shared;

  CpuLstm(Engine engine) {
    this.engine = engine;
    this.panels = new Panels(engine.gemm());
    this.loops = engine.loops();
    this.steps = loops.lstm();
    this.workers = engine.workers();
    this.scratch = engine.scratch();
    this.shared = engine.shared();
  }

  @Override
  public void packLstm(Tensor wh, Tensor packed) {
    pack(wh.channels(), wh.address(), engine.out(packed));
  }

  /// For each share its units' columns of whᵀ, a panel for each gate.
  private void pack(int hidden, long wh, long packed) {
    workers.run(
        Panels.count(hidden),
        (share, worker) -> {
          int unit = share * Panels.WIDTH;
          int width = Panels.width(share, hidden);
          for (int gate = 0; gate < 4; gate++) {
            long rows = Raw.at(wh, (long) gate * hidden + unit, hidden, 0);
            Raw.transpose(rows, width, hidden, hidden, panel(packed, hidden, share, gate));
          }
        });
  }

  private static long panel(long packed, int hidden, int share, int gate) {
    int width = Panels.width(share, hidden);
    return Raw.at(packed, (4L * share * Panels.WIDTH + (long) gate * width) * hidden);
  }

  @Override
  public void forward(Tensor packed, Tensor h, Tensor c, Tensor gates) {
    forward(
        gates.dim(0),
        gates.dim(1),
        h.channels(),
        packed.address(),
        engine.out(h),
        engine.out(c),
        engine.out(gates));
  }

  private void forward(int length, int batch, int hidden, long packed, long h, long c, long gates) {
    for (int t = 0; t < length; t++) {
      long beforeH = Raw.at(h, (long) t * batch, hidden, 0);
      long beforeC = Raw.at(c, (long) t * batch, hidden, 0);
      long all = Raw.at(gates, (long) t * batch, 4 * hidden, 0);
      long slot = Raw.at(0, batch, hidden, 0);
      workers.run(
          Panels.count(hidden),
          (share, worker) -> {
            int unit = share * Panels.WIDTH;
            int width = Panels.width(share, hidden);
            for (int gate = 0; gate < 4; gate++) {
              long weights = panel(packed, hidden, share, gate);
              long columns = Raw.at(all, (long) gate * hidden + unit);
              panels.multiply(batch, width, hidden, beforeH, hidden, weights, columns, 4 * hidden);
            }
            for (int row = 0; row < batch; row++) {
              long i = Raw.at(all, row, 4 * hidden, unit);
              long o = Raw.at(0, row, hidden, unit);
              units(hidden, width, i, beforeC + o, slot + beforeC + o, slot + beforeH + o);
            }
          });
    }
  }

  /// One row's gates to its next state.
  private void units(int hidden, int width, long i, long c, long nextC, long nextH) {
    long f = Raw.at(i, hidden);
    long g = Raw.at(f, hidden);
    long o = Raw.at(g, hidden);
    loops.activate(Activation.SIGMOID, i, i, width);
    loops.activate(Activation.SIGMOID, f, f, width);
    loops.activate(Activation.TANH, g, g, width);
    loops.activate(Activation.SIGMOID, o, o, width);
    steps.state(i, f, g, c, nextC, width);
    loops.activate(Activation.TANH, nextC, nextH, width);
    loops.multiply(o, nextH, nextH, width);
  }

  @Override
  public void backward(Tensor wh, Tensor c, Tensor gates, Tensor dh, Tensor dc) {
    backward(
        gates.dim(0),
        gates.dim(1),
        wh.channels(),
        wh.address(),
        c.address(),
        engine.out(gates),
        engine.out(dh),
        engine.out(dc));
  }

  private void backward(
      int length, int batch, int hidden, long wh, long c, long gates, long dh, long dc) {
    scratch.reserve(Panels.WIDTH);
    shared.reserve(4L * hidden * hidden);
    long packed = shared.of(0);
    int shares = Panels.count(hidden);
    workers.run(
        shares,
        (share, worker) ->
            Panels.copy(
                4 * hidden,
                Panels.width(share, hidden),
                Raw.at(wh, (long) share * Panels.WIDTH),
                hidden,
                columnPanel(packed, hidden, share)));
    for (int t = length - 1; t >= 0; t--) {
      boolean last = t == length - 1;
      long all = Raw.at(gates, (long) t * batch, 4 * hidden, 0);
      long after = Raw.at(all, batch, 4 * hidden, 0);
      long now = Raw.at(dh, (long) t * batch, hidden, 0);
      long before = Raw.at(c, (long) t * batch, hidden, 0);
      workers.run(
          shares,
          (share, worker) -> {
            int unit = share * Panels.WIDTH;
            int width = Panels.width(share, hidden);
            if (!last) {
              long weights = columnPanel(packed, hidden, share);
              panels.multiply(
                  batch, width, 4 * hidden, after, 4 * hidden, weights, Raw.at(now, unit), hidden);
            }
            long tanh = scratch.of(worker);
            for (int row = 0; row < batch; row++) {
              long i = Raw.at(all, row, 4 * hidden, unit);
              long f = Raw.at(i, hidden);
              long g = Raw.at(f, hidden);
              long o = Raw.at(g, hidden);
              long at = Raw.at(0, row, hidden, unit);
              long next = Raw.at(before, batch, hidden, 0) + at;
              loops.activate(Activation.TANH, next, tanh, width);
              steps.outputSlopes(tanh, now + at, o, dc + at, width);
              steps.stateSlopes(i, f, g, before + at, dc + at, width);
            }
          });
    }
  }

  /// A share's columns of wh.
  private static long columnPanel(long packed, int hidden, int share) {
    return Raw.at(packed, 4L * share * Panels.WIDTH * hidden);
  }
}
