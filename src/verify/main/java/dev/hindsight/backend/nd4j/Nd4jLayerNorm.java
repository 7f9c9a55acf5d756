package dev.hindsight.backend.nd4j;

import dev.hindsight.backend.Activation;
import dev.hindsight.backend.Gradients;
import dev.hindsight.backend.LayerNorm;
import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.ops.transforms.Transforms;

/// Layer normalization, step by step as in the paper.
record Nd4jLayerNorm(Nd4jMemory memory) implements LayerNorm {
  @Override
  public void forward(
      Tensor x, Tensor gain, Tensor bias, boolean relu, Tensor y, Tensor mean, Tensor rstd) {
    INDArray in = memory.matrix(x);
    INDArray centre = in.mean(true, 1); // (N,1)
    INDArray distance = in.subColumnVector(centre);
    INDArray variance = distance.mul(distance).mean(true, 1);
    INDArray scale = Transforms.sqrt(variance.addi(EPSILON), false).rdivi(1);
    memory.vector(mean).assign(centre.reshape(x.rows()));
    memory.vector(rstd).assign(scale.reshape(x.rows()));
    INDArray out = distance.muliColumnVector(scale).muliRowVector(memory.vector(gain));
    out.addiRowVector(memory.vector(bias));
    memory.matrix(y).assign(relu ? Activations.activate(Activation.RELU, out) : out);
  }

  @Override
  public void backward(
      Tensor x,
      Tensor gain,
      Tensor mean,
      Tensor rstd,
      @Nullable Tensor y,
      Tensor dy,
      Gradients to) {
    INDArray scale = memory.vector(rstd).reshape(x.rows(), 1);
    INDArray normal =
        memory
            .matrix(x)
            .subColumnVector(memory.vector(mean).reshape(x.rows(), 1))
            .muliColumnVector(scale);
    INDArray up = memory.matrix(dy);
    if (y != null) {
      up = Activations.derivativeFromOutput(Activation.RELU, memory.matrix(y)).muli(up);
    }
    if (to.dw() != null) {
      memory.vector(to.dw()).addi(up.mul(normal).sum(0));
    }
    if (to.db() != null) {
      memory.vector(to.db()).addi(up.sum(0));
    }
    if (to.dx() != null) {
      INDArray inner = up.mulRowVector(memory.vector(gain)); // dL/d normal
      INDArray along = inner.mul(normal).mean(true, 1);
      INDArray sum = inner.subColumnVector(inner.mean(true, 1));
      sum.subi(normal.mulColumnVector(along));
      memory.matrix(memory.begun(to.dx())).addi(sum.muliColumnVector(scale));
    }
  }
}
