package dev.hindsight.backend.cpu.pointwise;

import dev.hindsight.backend.Rescale;
import dev.hindsight.backend.cpu.core.Engine;
import dev.hindsight.backend.cpu.core.Shares;
import dev.hindsight.backend.cpu.loops.Loops;
import dev.hindsight.backend.cpu.product.Stored;
import dev.hindsight.tensor.Gradient;
import dev.hindsight.tensor.Tensor;

/// Scaled and shifted numbers, share by share.
public final class CpuRescale implements Rescale {
  private final Engine engine;
  private final Shares shares;

  public CpuRescale(Engine engine) {
    this.engine = engine;
    this.shares = new Shares(engine);
  }

  @Override
  public void forward(Tensor x, float scale, float shift, Tensor y) {
    Stored stored = engine.stored(x);
    long in = x.address();
    long out = y.address();
    shares.over(
        stored,
        2,
        x.size(),
        (room, o, size) -> {
          long to = stored.at(out, o);
          long sum = stored.floats(to, room);
          long from = stored.fetch(stored.at(in, o), Shares.piece(room, 1), size);
          Loops.fill(shift, sum, size);
          Loops.addScaled(scale, from, sum, size);
          stored.store(sum, to, size);
        });
  }

  @Override
  public void backward(Tensor dy, float scale, Gradient dx) {
    Stored stored = engine.stored(dy);
    long up = dy.address();
    long down = dx.tensor().address();
    shares.over(
        stored,
        2,
        dy.size(),
        (room, o, size) -> {
          long to = stored.at(down, o);
          long sum = stored.floats(to, room);
          stored.begin(dx.fresh(), to, sum, size);
          long from = stored.fetch(stored.at(up, o), Shares.piece(room, 1), size);
          Loops.addScaled(scale, from, sum, size);
          stored.store(sum, to, size);
        });
  }
}
