package dev.hindsight.backend.cpu;

import dev.hindsight.backend.Activation;
import dev.hindsight.backend.LstmCell;
import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// A step of LSTM units, some rows at a time: their gates are gathered gate by gate into a thread's
/// own memory, so that few units still make long loops.
final class CpuLstmCell implements LstmCell {
  /// Floats of a share's gate.
  private static final int SHARE = 1 << 12;

  /// Of a share: i, f, g, o, two that each way uses as it needs, and zeros for a state that is not
  /// there.
  private static final int TILES = 7;

  private final Engine engine;
  private final Loops loops;
  private final LstmLoops steps;
  private final Workers workers;
  private final Scratch scratch;

  CpuLstmCell(Engine engine) {
    this.engine = engine;
    this.loops = engine.loops();
    this.steps = loops.lstm();
    this.workers = engine.workers();
    this.scratch = engine.scratch();
  }

  /// Rows `row .. row + rows - 1`, and where they are worked on.
  ///
  /// @param own memory of the thread
  private record Share(Stored stored, int row, int rows, int hidden, long own) {
    long size() {
      return (long) rows * hidden;
    }

    long tile(int k) {
      return Raw.at(own, k * size());
    }

    /// Where the share begins in activations.
    long of(long x, int channels) {
      return stored.at(x, row, channels, 0);
    }

    /// Where it begins in fp32; 0 of what is not there.
    long single(long x) {
      return x == 0 ? 0 : Raw.at(x, row, hidden, 0);
    }

    /// The four tiles = the gates of all rows.
    void readGates(long gates) {
      for (int r = 0; r < rows; r++) {
        long from = stored.at(gates, (long) row + r, 4 * hidden, 0);
        for (int k = 0; k < 4; k++) {
          stored.widen(stored.at(from, (long) k * hidden), Raw.at(tile(k), r, hidden, 0), hidden);
        }
      }
    }

    void addGates(long recurrent) {
      for (int r = 0; r < rows; r++) {
        long from = stored.at(recurrent, (long) row + r, 4 * hidden, 0);
        for (int k = 0; k < 4; k++) {
          stored.addTo(Raw.at(tile(k), r, hidden, 0), stored.at(from, (long) k * hidden), hidden);
        }
      }
    }

    void writeGates(long gates) {
      for (int r = 0; r < rows; r++) {
        long to = stored.at(gates, (long) row + r, 4 * hidden, 0);
        for (int k = 0; k < 4; k++) {
          stored.round(Raw.at(tile(k), r, hidden, 0), stored.at(to, (long) k * hidden), hidden);
        }
      }
    }
  }

  @FunctionalInterface
  private interface Work {
    void run(Share share);
  }

  private void overShares(Stored stored, Tensor c, Work work) {
    int n = c.rows();
    int hidden = c.channels();
    int most = Math.max(1, SHARE / hidden);
    scratch.reserve((long) TILES * Math.min(most, n) * hidden);
    workers.run(
        Math.ceilDiv(n, most),
        (share, worker) -> {
          int row = share * most;
          int rows = Math.min(most, n - row);
          work.run(new Share(stored, row, rows, hidden, scratch.of(worker)));
        });
  }

  @Override
  public void forward(
      Tensor gates, @Nullable Tensor recurrent, @Nullable Tensor before, Tensor c, Tensor h) {
    long all = engine.out(gates);
    long said = Engine.orZero(recurrent);
    long old = Engine.orZero(before);
    long state = engine.out(c);
    long out = engine.out(h);
    Stored stored = engine.stored(gates);
    overShares(stored, c, share -> forward(share, all, said, old, state, out));
  }

  /// @param recurrent 0 when it is not there; before likewise
  private void forward(Share share, long gates, long recurrent, long before, long c, long h) {
    long size = share.size();
    share.readGates(gates);
    if (recurrent != 0) {
      share.addGates(recurrent);
    }
    long i = share.tile(0);
    long f = share.tile(1);
    long g = share.tile(2);
    long o = share.tile(3);
    loops.activate(Activation.SIGMOID, i, i, size);
    loops.activate(Activation.SIGMOID, f, f, size);
    loops.activate(Activation.TANH, g, g, size);
    loops.activate(Activation.SIGMOID, o, o, size);
    long state = share.single(c);
    steps.state(i, f, g, orZeros(share, share.single(before)), state, size);
    long out = share.tile(4);
    loops.activate(Activation.TANH, state, out, size);
    loops.multiply(o, out, out, size);
    share.stored().round(out, share.of(h, share.hidden()), size);
    share.writeGates(gates);
  }

  @Override
  public void backward(
      Tensor gates,
      @Nullable Tensor before,
      Tensor c,
      Tensor dh,
      @Nullable Tensor carried,
      Tensor dc) {
    long all = engine.out(gates);
    long old = Engine.orZero(before);
    long state = c.address();
    long above = dh.address();
    long after = Engine.orZero(carried);
    long slopes = engine.out(dc);
    Stored stored = engine.stored(gates);
    overShares(stored, c, share -> backward(share, all, old, state, above, after, slopes));
  }

  /// @param before 0 when it is not there; carried likewise
  private void backward(
      Share share, long gates, long before, long c, long dh, long carried, long dc) {
    long size = share.size();
    Stored stored = share.stored();
    share.readGates(gates);
    long dy = share.tile(4);
    stored.widen(share.of(dh, share.hidden()), dy, size);
    if (carried != 0) {
      stored.addTo(dy, share.of(carried, share.hidden()), size);
    }
    long tanh = share.tile(5);
    long slopes = share.single(dc);
    loops.activate(Activation.TANH, share.single(c), tanh, size);
    steps.outputSlopes(tanh, dy, share.tile(3), slopes, size);
    long old = orZeros(share, share.single(before));
    steps.stateSlopes(share.tile(0), share.tile(1), share.tile(2), old, slopes, size);
    share.writeGates(gates);
  }

  /// A state of zeros where there is none.
  private static long orZeros(Share share, long state) {
    if (state != 0) {
      return state;
    }
    Raw.zero(share.tile(6), share.size() * Float.BYTES);
    return share.tile(6);
  }
}
