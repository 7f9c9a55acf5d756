package dev.hindsight.backend.cpu.pointwise;

import dev.hindsight.backend.Ema;
import dev.hindsight.backend.cpu.core.Engine;
import dev.hindsight.backend.cpu.core.Shares;
import dev.hindsight.backend.cpu.loops.Loops;
import dev.hindsight.tensor.Tensor;

/// The average of weights, share by share.
public final class CpuEma implements Ema {
  private final Shares shares;

  public CpuEma(Engine engine) {
    this.shares = new Shares(engine);
  }

  /// The second of the two loops finds its share in the cache.
  @Override
  public void step(Tensor w, Tensor average, float share) {
    long from = w.address();
    long to = average.address();
    shares.over(
        w.size(),
        (_, o, size) -> {
          Loops.addScaled(-share, to + o, to + o, size);
          Loops.addScaled(share, from + o, to + o, size);
        });
  }
}
