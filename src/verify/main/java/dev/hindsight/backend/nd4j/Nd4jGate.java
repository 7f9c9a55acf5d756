package dev.hindsight.backend.nd4j;

import static dev.hindsight.backend.Activation.SIGMOID;
import static dev.hindsight.backend.Activation.TANH;
import static dev.hindsight.backend.nd4j.Activations.derivativeFromOutput;

import dev.hindsight.backend.Activation;
import dev.hindsight.backend.Gate;
import dev.hindsight.tensor.Gradient;
import dev.hindsight.tensor.Tensor;
import org.nd4j.linalg.api.ndarray.INDArray;

/// The gate as in the paper.
record Nd4jGate(Nd4jMemory memory) implements Gate {
  @Override
  public void forward(Tensor ab, Tensor y) {
    memory.matrix(y).assign(half(ab, 0, TANH).muli(half(ab, 1, SIGMOID)));
  }

  @Override
  public void backward(Tensor ab, Tensor dy, Gradient dab) {
    INDArray t = half(ab, 0, TANH);
    INDArray s = half(ab, 1, SIGMOID);
    INDArray g = memory.matrix(dy);
    INDArray sum = memory.matrix(memory.begun(dab));
    Matrices.half(sum, 0).addi(derivativeFromOutput(TANH, t).muli(s).muli(g));
    Matrices.half(sum, 1).addi(derivativeFromOutput(SIGMOID, s).muli(t).muli(g));
  }

  private INDArray half(Tensor ab, int which, Activation f) {
    return Activations.activate(f, Matrices.half(memory.matrix(ab), which).dup());
  }
}
