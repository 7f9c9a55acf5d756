package dev.hindsight.backend.cpu;

import dev.hindsight.backend.Recurrence;
import dev.hindsight.tensor.Tensor;

/// The recurrence of an LSTM, and swapped axes.
final class CpuRecurrence implements Recurrence {
  private final Engine engine;
  private final Lstm lstm;

  CpuRecurrence(Engine engine) {
    this.engine = engine;
    this.lstm = new Lstm(engine);
  }

  @Override
  public void packLstm(Tensor wh, Tensor packed) {
    lstm.pack(wh.channels(), wh.address(), engine.out(packed));
  }

  @Override
  public void lstm(Tensor packed, Tensor h, Tensor c, Tensor gates) {
    lstm.forward(
        gates.dim(0),
        gates.dim(1),
        h.channels(),
        packed.address(),
        engine.out(h),
        engine.out(c),
        engine.out(gates));
  }

  @Override
  public void lstmBackward(Tensor wh, Tensor c, Tensor gates, Tensor dh, Tensor dc) {
    lstm.backward(
        gates.dim(0),
        gates.dim(1),
        wh.channels(),
        wh.address(),
        c.address(),
        engine.out(gates),
        engine.out(dh),
        engine.out(dc));
  }

  @Override
  public void swapAxes(Tensor x, Tensor y) {
    swap(x.dim(0), x.dim(1), x.channels(), x.address(), engine.out(y), false);
  }

  @Override
  public void swapAxesBackward(Tensor dy, Tensor dx) {
    swap(dx.dim(1), dx.dim(0), dx.channels(), dy.address(), engine.out(dx), true);
  }

  /// y (b,a,c) = x (a,b,c), or y += that when `add`.
  private void swap(int a, int b, int c, long x, long y, boolean add) {
    Loops loops = engine.loops();
    engine
        .workers()
        .run(
            b,
            (row, worker) -> {
              for (int k = 0; k < a; k++) {
                long from = Dense.at(x, (long) k * b + row, c, 0);
                long to = Dense.at(y, (long) row * a + k, c, 0);
                if (add) {
                  loops.add(to, from, to, c);
                } else {
                  Raw.copy(from, to, c);
                }
              }
            });
  }
}
