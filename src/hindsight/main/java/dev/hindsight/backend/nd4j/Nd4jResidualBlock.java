package dev.hindsight.backend.nd4j;

import static dev.hindsight.backend.Activation.SIGMOID;
import static dev.hindsight.backend.Activation.TANH;
import static dev.hindsight.backend.nd4j.Nd4jPointwise.activate;
import static dev.hindsight.backend.nd4j.Nd4jPointwise.derivativeFromOutput;

import dev.hindsight.backend.Activation;
import dev.hindsight.backend.nd4j.Nd4jCausalConv.Sizes;
import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/// WaveNet's residual block, op by op.
final class Nd4jResidualBlock {
  private final Nd4jMemory memory;
  private final Nd4jCausalConv conv = new Nd4jCausalConv();

  Nd4jResidualBlock(Nd4jMemory memory) {
    this.memory = memory;
  }

  void forward(
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
    Sizes z = Sizes.of(x, w, dilation);
    conv.forward(in, memory.matrix(w), memory.vector(b), z, ab);
    INDArray t = activate(TANH, half(ab, 0).dup());
    INDArray s = activate(SIGMOID, half(ab, 1).dup());
    if (ts != null) {
      half(memory.matrix(ts), 0).assign(t);
      half(memory.matrix(ts), 1).assign(s);
    }
    INDArray gate = memory.matrix(g);
    gate.assign(t.muli(s));
    INDArray out = memory.matrix(y);
    Nd4jDense.forward(gate, memory.matrix(v), memory.vector(c), Activation.IDENTITY, out);
    out.addi(in);
  }

  void backward(
      Tensor x,
      Tensor w,
      int dilation,
      Tensor v,
      Tensor ts,
      Tensor g,
      Tensor dy,
      @Nullable Tensor dx,
      @Nullable Tensor dw,
      @Nullable Tensor db,
      @Nullable Tensor dv,
      @Nullable Tensor dc) {
    INDArray slope = memory.matrix(dy);
    if (dv != null) {
      memory.matrix(dv).addi(Nd4jDense.product(slope, true, memory.matrix(g), false));
    }
    if (dc != null) {
      memory.vector(dc).addi(slope.sum(0));
    }
    INDArray dg = Nd4jDense.product(slope, false, memory.matrix(v), false);
    INDArray dab = memory.matrix(ts);
    INDArray t = half(dab, 0).dup();
    INDArray s = half(dab, 1).dup();
    half(dab, 0).assign(derivativeFromOutput(TANH, t).muli(s).muli(dg));
    half(dab, 1).assign(derivativeFromOutput(SIGMOID, s).muli(t).muli(dg));
    conv.backward(
        memory.matrix(x),
        memory.matrix(w),
        Sizes.of(x, w, dilation),
        dab,
        dx == null ? null : memory.matrix(dx),
        dw == null ? null : memory.matrix(dw),
        db == null ? null : memory.vector(db));
  }

  private static INDArray like(INDArray x, long columns) {
    return Nd4j.createUninitialized(x.dataType(), new long[] {x.rows(), columns}, 'c');
  }

  /// The first or second half of the channels, without a copy.
  private static INDArray half(INDArray m, int which) {
    long c = m.columns() / 2;
    long[] shape = {m.rows(), c};
    return Nd4j.create(m.data(), shape, new long[] {2 * c, 1}, m.offset() + which * c, 'c');
  }
}
