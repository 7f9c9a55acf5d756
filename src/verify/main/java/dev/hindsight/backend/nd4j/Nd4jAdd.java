package dev.hindsight.backend.nd4j;

import dev.hindsight.backend.Add;
import dev.hindsight.tensor.Tensor;

record Nd4jAdd(Nd4jMemory memory) implements Add {
  @Override
  public void forward(Tensor a, Tensor b, Tensor y) {
    memory.vector(a).addi(memory.vector(b), memory.vector(y));
  }

  @Override
  public void accumulate(Tensor src, Tensor dst) {
    memory.vector(dst).addi(memory.vector(src));
  }
}
