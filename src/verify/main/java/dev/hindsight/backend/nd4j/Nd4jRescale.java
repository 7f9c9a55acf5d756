package dev.hindsight.backend.nd4j;

import dev.hindsight.backend.Rescale;
import dev.hindsight.tensor.Gradient;
import dev.hindsight.tensor.Tensor;

record Nd4jRescale(Nd4jMemory memory) implements Rescale {
  @Override
  public void forward(Tensor x, float scale, float shift, Tensor y) {
    memory.vector(y).assign(memory.vector(x).mul(scale).addi(shift));
  }

  @Override
  public void backward(Tensor dy, float scale, Gradient dx) {
    memory.vector(memory.begun(dx)).addi(memory.vector(dy).mul(scale));
  }
}
