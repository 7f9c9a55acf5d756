package dev.hindsight.backend.nd4j;

import dev.hindsight.backend.Ema;
import dev.hindsight.tensor.Tensor;

record Nd4jEma(Nd4jMemory memory) implements Ema {
  @Override
  public void step(Tensor w, Tensor average, float share) {
    memory.vector(average).muli(1 - (double) share).addi(memory.vector(w).mul(share));
  }
}
