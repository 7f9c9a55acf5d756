package dev.hindsight.backend.nd4j;

import dev.hindsight.backend.ResidualBlock;
import dev.hindsight.tensor.Gradient;
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
      Tensor x,
      Tensor w,
      Tensor b,
      int dilation,
      Tensor v,
      Tensor c,
      @Nullable Tensor ts,
      Tensor g,
      Tensor y) {
    INDArray in = memory.matrix(x);
    INDArray ab = like(in, 2L * in.columns());
    conv.forward(x, w, b, dilation, ab);
    GateHalves.toTanhAndSigmoid(ab, memory.matrix(g));
    if (ts != null) {
      memory.matrix(ts).assign(ab);
    }
    linear.linearAdd(g, v, c, x, y);
  }

  @Override
  public void backward(
      Tensor x,
      Tensor w,
      int dilation,
      Tensor v,
      Tensor ts,
      Tensor g,
      Tensor dy,
      @Nullable Gradient dx,
      @Nullable Tensor dw,
      @Nullable Tensor db,
      @Nullable Tensor dv,
      @Nullable Tensor dc) {
    INDArray slope = memory.matrix(dy);
    if (dv != null) {
      memory.matrix(dv).addi(Matrices.product(slope, true, memory.matrix(g), false));
    }
    if (dc != null) {
      memory.vector(dc).addi(slope.sum(0));
    }
    INDArray dg = Matrices.product(slope, false, memory.matrix(v), false);
    GateHalves.toGradient(memory.matrix(ts), dg);
    conv.backward(x, w, dilation, ts, dx, dw, db);
  }

  private static INDArray like(INDArray x, long columns) {
    return Nd4j.createUninitialized(x.dataType(), new long[] {x.rows(), columns}, 'c');
  }
}
