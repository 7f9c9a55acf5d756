package dev.hindsight.backend.nd4j;

import dev.hindsight.backend.Ema;
import dev.hindsight.tensor.Tensor;

/// The average of weights.
final class Nd4jEma implements Ema {
  private final Nd4jMemory memory;

  Nd4jEma(Nd4jMemory memory) {
    this.memory = memory;
  }

  @Override
  public void step(Tensor w, Tensor average, float share) {
    memory.vector(average).muli(1 - (double) share).addi(memory.vector(w).mul(share));
  }
}
