package dev.hindsight.backend.cpu;

import dev.hindsight.backend.Activate;
import dev.hindsight.backend.Activation;
import dev.hindsight.tensor.Gradient;
import dev.hindsight.tensor.Tensor;

/// Activations, share by share.
final class CpuActivate implements Activate {
  private final Engine engine;
  private final Loops loops;
  private final Shares shares;

  CpuActivate(Engine engine) {
    this.engine = engine;
    this.loops = engine.loops();
    this.shares = new Shares(engine);
  }

  @Override
  public void forward(Activation f, Tensor x, Tensor y) {
    WarmUp.of(f).before(loops);
    forward(engine.stored(x), f, x.address(), y.address(), x.size());
  }

  private void forward(Stored stored, Activation f, long x, long y, long count) {
    if (Shares.isOne(stored, count)) {
      loops.activate(f, x, y, count);
      return;
    }
    shares.over(
        stored,
        1,
        count,
        (room, o, size) -> {
          long to = stored.at(y, o);
          long out = stored.floats(to, room);
          loops.activate(f, stored.fetch(stored.at(x, o), room, size), out, size);
          stored.store(out, to, size);
        });
  }

  @Override
  public void backward(Activation f, Tensor x, Tensor y, Tensor dy, Gradient dx) {
    WarmUp.of(f).before(loops);
    Stored stored = engine.stored(x);
    long in = x.address();
    long out = y.address();
    long up = dy.address();
    long down = dx.tensor().address();
    shares.over(
        stored,
        4,
        x.size(),
        (room, o, size) -> {
          long to = stored.at(down, o);
          long sum = stored.floats(to, room);
          if (dx.fresh()) {
            loops.fill(0, sum, size);
          } else {
            stored.fetch(to, room, size);
          }
          loops.activateBackward(
              f,
              stored.fetch(stored.at(in, o), Shares.piece(room, 1), size),
              stored.fetch(stored.at(out, o), Shares.piece(room, 2), size),
              stored.fetch(stored.at(up, o), Shares.piece(room, 3), size),
              sum,
              size);
          stored.store(sum, to, size);
        });
  }
}
