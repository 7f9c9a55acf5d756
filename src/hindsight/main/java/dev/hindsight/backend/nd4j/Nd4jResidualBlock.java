package dev.hindsight.backend.nd4j;

import static dev.hindsight.backend.Activation.SIGMOID;
import static dev.hindsight.backend.Activation.TANH;
import static dev.hindsight.backend.nd4j.Activations.activate;
import static dev.hindsight.backend.nd4j.Activations.derivativeFromOutput;

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
    INDArray t = activate(TANH, Matrices.half(ab, 0).dup());
    INDArray s = activate(SIGMOID, Matrices.half(ab, 1).dup());
    if (ts != null) {
      Matrices.half(memory.matrix(ts), 0).assign(t);
      Matrices.half(memory.matrix(ts), 1).assign(s);
    }
    memory.matrix(g).assign(t.muli(s));
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
    INDArray dab = memory.matrix(ts);
    INDArray t = Matrices.half(dab, 0).dup();
    INDArray s = Matrices.half(dab, 1).dup();
    Matrices.half(dab, 0).assign(derivativeFromOutput(TANH, t).muli(s).muli(dg));
    Matrices.half(dab, 1).assign(derivativeFromOutput(SIGMOID, s).muli(t).muli(dg));
    conv.backward(x, w, dilation, ts, dx, dw, db);
  }

  private static INDArray like(INDArray x, long columns) {
    return Nd4j.createUninitialized(x.dataType(), new long[] {x.rows(), columns}, 'c');
  }
}
