package dev.hindsight.backend.cpu.pointwise;

import dev.hindsight.backend.Add;
import dev.hindsight.backend.cpu.core.Engine;
import dev.hindsight.backend.cpu.core.Shares;
import dev.hindsight.backend.cpu.loops.Loops;
import dev.hindsight.backend.cpu.product.Stored;
import dev.hindsight.tensor.Tensor;

/// Sums, share by share.
public final class CpuAdd implements Add {
  private final Engine engine;
  private final Shares shares;

  public CpuAdd(Engine engine) {
    this.engine = engine;
    this.shares = new Shares(engine);
  }

  @Override
  public void forward(Tensor a, Tensor b, Tensor y) {
    add(engine.stored(y), a.address(), b.address(), y.address(), y.size());
  }

  @Override
  public void accumulate(Tensor src, Tensor dst) {
    long sum = dst.address();
    add(engine.stored(dst), sum, src.address(), sum, dst.size());
  }

  private void add(Stored stored, long a, long b, long y, long count) {
    shares.over(
        stored,
        2,
        count,
        (room, o, size) -> {
          long to = stored.at(y, o);
          long sum = stored.floats(to, room);
          Loops.add(
              stored.fetch(stored.at(a, o), room, size),
              stored.fetch(stored.at(b, o), Shares.piece(room, 1), size),
              sum,
              size);
          stored.store(sum, to, size);
        });
  }
}
