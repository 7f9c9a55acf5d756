package dev.hindsight.backend.nd4j;

import dev.hindsight.backend.Gradients;
import dev.hindsight.backend.ResidualBlock;
import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/// WaveNet's residual block, op by op.
record Nd4jResidualBlock(Nd4jMemory memory) implements ResidualBlock {
  @Override
  public void forward(
      Tensor x, Weights weights, int dilation, @Nullable Tensor ts, Tensor g, Tensor y) {
    INDArray in = memory.matrix(x);
    INDArray ab = Nd4j.createUninitialized(in.dataType(), in.rows(), 2L * in.columns());
    new Nd4jCausalConv1d(memory).forward(x, weights.w(), weights.b(), dilation, ab);
    GateHalves.toTanhAndSigmoid(ab, memory.matrix(g));
    if (ts != null) {
      memory.matrix(ts).assign(ab);
    }
    new Nd4jLinear(memory).linearAdd(g, weights.v(), weights.c(), x, y);
  }

  @Override
  public void backward(
      Tensor x,
      Weights weights,
      int dilation,
      Tensor ts,
      Tensor g,
      Tensor dy,
      Gradients to,
      Gradients residual) {
    INDArray slope = memory.matrix(dy);
    new Nd4jLinear(memory).gradients(g, weights.v(), slope, residual);
    INDArray dg = Matrices.product(slope, false, memory.matrix(weights.v()), false);
    GateHalves.toGradient(memory.matrix(ts), dg);
    new Nd4jCausalConv1d(memory).backward(x, weights.w(), dilation, ts, to);
  }
}
