package dev.hindsight.backend.cpu.pointwise;

import dev.hindsight.backend.Activate;
import dev.hindsight.backend.Activation;
import dev.hindsight.backend.cpu.core.Engine;
import dev.hindsight.backend.cpu.core.Shares;
import dev.hindsight.backend.cpu.loops.Loops;
import dev.hindsight.backend.cpu.loops.WarmUp;
import dev.hindsight.backend.cpu.product.Stored;
import dev.hindsight.tensor.Gradient;
import dev.hindsight.tensor.Tensor;

/// Activations, share by share.
public final class CpuActivate implements Activate {
  private final Engine engine;
  private final Shares shares;

  public CpuActivate(Engine engine) {
    this.engine = engine;
    this.shares = new Shares(engine);
  }

  @Override
  public void forward(Activation f, Tensor x, Tensor y) {
    WarmUp.of(f).before();
    Stored stored = engine.stored(x);
    long in = x.address();
    long out = y.address();
    shares.over(
        stored,
        1,
        x.size(),
        (room, o, size) -> {
          long to = stored.at(out, o);
          long floats = stored.floats(to, room);
          Loops.activate(f, stored.fetch(stored.at(in, o), room, size), floats, size);
          stored.store(floats, to, size);
        });
  }

  @Override
  public void backward(Activation f, Tensor x, Tensor y, Tensor dy, Gradient dx) {
    WarmUp.of(f).before();
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
          stored.begin(dx.fresh(), to, sum, size);
          Loops.activateBackward(
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
