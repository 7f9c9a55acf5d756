package dev.hindsight.backend.cpu.pointwise;

import dev.hindsight.backend.Bernoulli;
import dev.hindsight.backend.cpu.core.Engine;
import dev.hindsight.backend.cpu.machine.Native;
import dev.hindsight.tensor.Tensor;

/// Pixels drawn from their logits.
public final class CpuBernoulli implements Bernoulli {
  private final Draws draws;

  public CpuBernoulli(Engine engine) {
    this.draws = new Draws(engine);
  }

  @Override
  public void draw(Tensor draw, Tensor logits, float temperature, int from, int to, Tensor pixels) {
    int size = logits.channels();
    long l = logits.address();
    long out = pixels.address();
    draws.overRows(
        draw,
        logits.rows(),
        to - from,
        (row, worker) -> {
          for (int d = from; d < to; d++) {
            long index = (long) row * size + d;
            double logit = (double) Native.get(l, index) / temperature;
            double p = 1 / (1 + Math.exp(-logit));
            Native.put(out, index, draws.uniform(index, size, worker) < p ? 1 : 0);
          }
        });
  }
}
