package dev.hindsight.backend.cpu;

import dev.hindsight.backend.Activation;
import dev.hindsight.backend.Lstm;
import dev.hindsight.tensor.Tensor;

/// The recurrence of an LSTM. A share owns 64 hidden units: it multiplies the columns of their four
/// gates and goes on to their new state while those are in the cache. So one meeting of the threads
/// per step is all it takes, backwards too, where a share's product gives it what its units need.
///
/// A share is computed in tiles (B, units) of the thread's own memory, as [Recurrence] wants it.
final class CpuLstm implements Lstm {
  /// Of a share: i, f, g, o, then c and h, or their gradients.
  private static final int TILES = 6;

  private static final int C = 4;
  private static final int H = 5;

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
    scratch.reserve((long) TILES * batch * Panels.WIDTH);
    Recurrence.Work work =
        new Recurrence.Work() {
          @Override
          public void compute(int t, int share, int worker) {
            int width = Panels.width(share, hidden);
            long own = scratch.of(worker);
            long beforeH = Raw.at(h, (long) t * batch, hidden, 0);
            long columns = Raw.at(gates, (long) t * batch, 4 * hidden, unit(share));
            for (int gate = 0; gate < 4; gate++) {
              long weights = panel(packed, hidden, share, gate);
              long tile = tile(own, batch, width, gate);
              Panels.copy(batch, width, Raw.at(columns, (long) gate * hidden), 4 * hidden, tile);
              panels.multiply(batch, width, hidden, beforeH, hidden, weights, tile, width);
            }
            long beforeC = Raw.at(c, (long) t * batch, hidden, unit(share));
            for (int row = 0; row < batch; row++) {
              units(batch, width, Raw.at(own, row, width, 0), Raw.at(beforeC, row, hidden, 0));
            }
          }

          @Override
          public void write(int t, int share, int worker) {
            long own = scratch.of(worker);
            long state = Raw.at(0, (t + 1L) * batch, hidden, unit(share));
            writeGates(t, batch, hidden, share, own, gates);
            writeUnits(batch, hidden, share, own, C, c + state);
            writeUnits(batch, hidden, share, own, H, h + state);
          }
        };
    Recurrence.run(workers, length, Panels.count(hidden), work);
  }

  /// Where the hidden units of a share begin.
  private static long unit(int share) {
    return (long) share * Panels.WIDTH;
  }

  private static long tile(long own, int batch, int width, int k) {
    return Raw.at(own, (long) k * batch * width);
  }

  private static void writeGates(int t, int batch, int hidden, int share, long own, long gates) {
    int width = Panels.width(share, hidden);
    long columns = Raw.at(gates, (long) t * batch, 4 * hidden, unit(share));
    for (int gate = 0; gate < 4; gate++) {
      long tile = tile(own, batch, width, gate);
      Raw.copyRows(batch, width, tile, width, Raw.at(columns, (long) gate * hidden), 4 * hidden);
    }
  }

  /// One tile to its columns of what has `hidden` of them.
  private static void writeUnits(int batch, int hidden, int share, long own, int k, long columns) {
    int width = Panels.width(share, hidden);
    Raw.copyRows(batch, width, tile(own, batch, width, k), width, columns, hidden);
  }

  /// One row's gates to its next state.
  ///
  /// @param i its row of the first tile
  /// @param before the row's state before
  private void units(int batch, int width, long i, long before) {
    long f = tile(i, batch, width, 1);
    long g = tile(i, batch, width, 2);
    long o = tile(i, batch, width, 3);
    long c = tile(i, batch, width, C);
    long h = tile(i, batch, width, H);
    loops.activate(Activation.SIGMOID, i, i, width);
    loops.activate(Activation.SIGMOID, f, f, width);
    loops.activate(Activation.TANH, g, g, width);
    loops.activate(Activation.SIGMOID, o, o, width);
    steps.state(i, f, g, before, c, width);
    loops.activate(Activation.TANH, c, h, width);
    loops.multiply(o, h, h, width);
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
    scratch.reserve((long) (TILES * batch + 1) * Panels.WIDTH);
    shared.reserve(4L * hidden * hidden);
    long packed = shared.of(0);
    workers.run(
        Panels.count(hidden),
        (share, worker) ->
            Panels.copy(
                4 * hidden,
                Panels.width(share, hidden),
                Raw.at(wh, unit(share)),
                hidden,
                columnPanel(packed, hidden, share)));
    Recurrence.Work work =
        new Recurrence.Work() {
          @Override
          public void compute(int step, int share, int worker) {
            int t = length - 1 - step;
            int width = Panels.width(share, hidden);
            long own = scratch.of(worker);
            long columns = Raw.at(gates, (long) t * batch, 4 * hidden, unit(share));
            for (int gate = 0; gate < 4; gate++) {
              long from = Raw.at(columns, (long) gate * hidden);
              Panels.copy(batch, width, from, 4 * hidden, tile(own, batch, width, gate));
            }
            long unit = Raw.at(0, unit(share));
            long slopes = tile(own, batch, width, H);
            Panels.copy(batch, width, dc + unit, hidden, tile(own, batch, width, C));
            Panels.copy(
                batch, width, Raw.at(dh, (long) t * batch, hidden, 0) + unit, hidden, slopes);
            if (step > 0) {
              long after = Raw.at(gates, (t + 1L) * batch, 4 * hidden, 0);
              long weights = columnPanel(packed, hidden, share);
              panels.multiply(batch, width, 4 * hidden, after, 4 * hidden, weights, slopes, width);
            }
            long before = Raw.at(c, (long) t * batch, hidden, 0) + unit;
            long slot = Raw.at(0, batch, hidden, 0);
            for (int row = 0; row < batch; row++) {
              long i = Raw.at(own, row, width, 0);
              slopes(
                  batch,
                  width,
                  i,
                  Raw.at(before, row, hidden, 0),
                  slot,
                  tile(own, batch, width, TILES));
            }
          }

          @Override
          public void write(int step, int share, int worker) {
            int t = length - 1 - step;
            long own = scratch.of(worker);
            long unit = Raw.at(0, unit(share));
            writeGates(t, batch, hidden, share, own, gates);
            writeUnits(batch, hidden, share, own, C, dc + unit);
            writeUnits(
                batch, hidden, share, own, H, Raw.at(dh, (long) t * batch, hidden, 0) + unit);
          }
        };
    Recurrence.run(workers, length, Panels.count(hidden), work);
  }

  /// One row's gradients.
  ///
  /// @param i its row of the first tile
  /// @param before the row's state before the step
  /// @param slot from there to the state after it
  /// @param tanh room for a row
  private void slopes(int batch, int width, long i, long before, long slot, long tanh) {
    long f = tile(i, batch, width, 1);
    long g = tile(i, batch, width, 2);
    long o = tile(i, batch, width, 3);
    long dc = tile(i, batch, width, C);
    loops.activate(Activation.TANH, before + slot, tanh, width);
    steps.outputSlopes(tanh, tile(i, batch, width, H), o, dc, width);
    steps.stateSlopes(i, f, g, before, dc, width);
  }

  /// A share's columns of wh.
  private static long columnPanel(long packed, int hidden, int share) {
    return Raw.at(packed, 4L * share * Panels.WIDTH * hidden);
  }
}
