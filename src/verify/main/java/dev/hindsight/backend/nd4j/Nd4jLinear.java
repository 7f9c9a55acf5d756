package dev.hindsight.backend.nd4j;

import dev.hindsight.backend.Activation;
import dev.hindsight.backend.Gradients;
import dev.hindsight.backend.Linear;
import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/// Linear layers as matrix products.
record Nd4jLinear(Nd4jMemory memory) implements Linear {
  @Override
  public void forward(Tensor x, Tensor w, @Nullable Tensor b, Activation f, Tensor y) {
    memory.matrix(y).assign(Activations.activate(f, sum(x, w, b)));
  }

  private INDArray sum(Tensor x, Tensor w, @Nullable Tensor b) {
    INDArray sum = Matrices.product(memory.matrix(x), false, memory.matrix(w), true);
    return b == null ? sum : sum.addiRowVector(memory.vector(b));
  }

  @Override
  public void backward(Tensor x, Tensor w, Activation f, Tensor y, Tensor dy, Gradients to) {
    if (f != Activation.IDENTITY) {
      memory.matrix(dy).muli(Activations.derivativeFromOutput(f, memory.matrix(y)));
    }
    gradients(x, w, memory.matrix(dy), to);
  }

  void gradients(Tensor x, Tensor w, INDArray dy, Gradients to) {
    if (to.dx() != null) {
      memory
          .matrix(memory.begun(to.dx()))
          .addi(Matrices.product(dy, false, memory.matrix(w), false));
    }
    if (to.dw() != null) {
      memory.matrix(to.dw()).addi(Matrices.product(dy, true, memory.matrix(x), false));
    }
    if (to.db() != null) {
      memory.vector(to.db()).addi(dy.sum(0));
    }
  }

  @Override
  public void linearAdd(Tensor x, Tensor w, @Nullable Tensor b, Tensor residual, Tensor y) {
    INDArray sum = sum(x, w, b);
    memory.matrix(y).assign(sum.addi(memory.matrix(residual)));
  }

  @Override
  public void linearGelu(Tensor x, Tensor w, Tensor b, @Nullable Tensor before, Tensor y) {
    Tensor sum = before == null ? y : before;
    forward(x, w, b, Activation.IDENTITY, sum);
    memory.vector(y).assign(Activations.activate(Activation.GELU, memory.vector(sum).dup()));
  }

  @Override
  public void linearGeluBackward(Tensor x, Tensor w, Tensor before, Tensor dy, Gradients to) {
    INDArray sum = memory.matrix(before);
    INDArray slope = memory.matrix(dy).muli(Activations.derivative(Activation.GELU, sum, sum));
    gradients(x, w, slope, to);
  }
}
