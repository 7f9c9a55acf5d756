package dev.hindsight.backend.nd4j;

import dev.hindsight.backend.Activate;
import dev.hindsight.backend.Activation;
import dev.hindsight.tensor.Gradient;
import dev.hindsight.tensor.Tensor;

record Nd4jActivate(Nd4jMemory memory) implements Activate {
  @Override
  public void forward(Activation f, Tensor x, Tensor y) {
    memory.vector(y).assign(Activations.activate(f, memory.vector(x).dup()));
  }

  @Override
  public void backward(Activation f, Tensor x, Tensor y, Tensor dy, Gradient dx) {
    memory
        .vector(memory.begun(dx))
        .addi(
            Activations.derivative(f, memory.vector(x), memory.vector(y)).muli(memory.vector(dy)));
  }
}
