package dev.hindsight.backend.nd4j;

import dev.hindsight.backend.Gradients;
import dev.hindsight.backend.ResidualBlock;
import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/// WaveNet's residual block, op by op.
final class Nd4jResidualBlock implements ResidualBlock {
  private final Nd4jMemory memory;
  private final Nd4jCausalConv1d conv;
  private final Nd4jLinear linear;

  Nd4jResidualBlock(Nd4jMemory memory) {
    this.memory = memory;
    this.conv = new Nd4jCausalConv1d(memory);
    this.linear = new Nd4jLinear(memory);
  }

  @Override
  public void forward(
      Tensor x, Weights weights, int dilation, @Nullable Tensor ts, Tensor g, Tensor y) {
    INDArray in = memory.matrix(x);
    INDArray ab = like(in, 2L * in.columns());
    conv.forward(x, weights.w(), weights.b(), dilation, ab);
    GateHalves.toTanhAndSigmoid(ab, memory.matrix(g));
    if (ts != null) {
      memory.matrix(ts).assign(ab);
    }
    linear.linearAdd(g, weights.v(), weights.c(), x, y);
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
    linear.gradients(g, weights.v(), slope, residual);
    INDArray dg = Matrices.product(slope, false, memory.matrix(weights.v()), false);
    GateHalves.toGradient(memory.matrix(ts), dg);
    conv.backward(x, weights.w(), dilation, ts, to);
  }

  private static INDArray like(INDArray x, long columns) {
    return Nd4j.createUninitialized(x.dataType(), new long[] {x.rows(), columns}, 'c');
  }
}
