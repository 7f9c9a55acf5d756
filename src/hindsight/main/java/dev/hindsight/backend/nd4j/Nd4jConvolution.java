package dev.hindsight.backend.nd4j;

import static dev.hindsight.backend.Activation.SIGMOID;
import static dev.hindsight.backend.Activation.TANH;
import static dev.hindsight.backend.nd4j.Nd4jPointwise.derivativeFromOutput;

import dev.hindsight.backend.Activation;
import dev.hindsight.backend.Convolution;
import dev.hindsight.backend.Taps;
import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/// Convolutions that only look back, and the gate behind them.
final class Nd4jConvolution implements Convolution {
  private final Nd4jMemory memory;
  private final Nd4jCausalConv causal;
  private final Nd4jMaskedConv2d masked;
  private final Nd4jResidualBlock residual;

  Nd4jConvolution(Nd4jMemory memory) {
    this.memory = memory;
    this.causal = new Nd4jCausalConv();
    this.masked = new Nd4jMaskedConv2d(memory);
    this.residual = new Nd4jResidualBlock(memory);
  }

  @Override
  public void causalConv1d(Tensor x, Tensor w, @Nullable Tensor b, int dilation, Tensor y) {
    causal.forward(
        memory.matrix(x),
        memory.matrix(w),
        b == null ? null : memory.vector(b),
        Nd4jCausalConv.Sizes.of(x, w, dilation),
        memory.matrix(y));
  }

  @Override
  public void causalConv1dBackward(
      Tensor x,
      Tensor w,
      int dilation,
      Tensor dy,
      @Nullable Tensor dx,
      @Nullable Tensor dw,
      @Nullable Tensor db) {
    causal.backward(
        memory.matrix(x),
        memory.matrix(w),
        Nd4jCausalConv.Sizes.of(x, w, dilation),
        memory.matrix(dy),
        dx == null ? null : memory.matrix(dx),
        dw == null ? null : memory.matrix(dw),
        db == null ? null : memory.vector(db));
  }

  @Override
  public void residualBlock(
      Tensor x,
      Tensor w,
      Tensor b,
      int dilation,
      Tensor v,
      Tensor c,
      @Nullable Tensor ts,
      Tensor g,
      Tensor y) {
    residual.forward(x, w, b, dilation, v, c, ts, g, y);
  }

  @Override
  public void residualBlockBackward(
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
    residual.backward(x, w, dilation, v, ts, g, dy, dx, dw, db, dv, dc);
  }

  @Override
  public void maskedConv2d(Tensor x, Tensor w, @Nullable Tensor b, Taps taps, Tensor y) {
    masked.forward(x, w, b, taps, y);
  }

  @Override
  public void maskedConv2dBackward(
      Tensor x,
      Tensor w,
      Taps taps,
      Tensor dy,
      @Nullable Tensor dx,
      @Nullable Tensor dw,
      @Nullable Tensor db) {
    masked.backward(x, w, taps, dy, dx, dw, db);
  }

  @Override
  public void maskedConv2dPixels(
      Tensor x, Tensor w, @Nullable Tensor b, Taps taps, int row, int from, int to, Tensor y) {
    masked.pixels(x, w, b, taps, row, from, to, y);
  }

  // ---- gate

  @Override
  public void gate(Tensor ab, Tensor y) {
    memory.matrix(y).assign(half(ab, 0, TANH).muli(half(ab, 1, SIGMOID)));
  }

  @Override
  public void gateBackward(Tensor ab, Tensor dy, Tensor dab) {
    INDArray t = half(ab, 0, TANH);
    INDArray s = half(ab, 1, SIGMOID);
    INDArray g = memory.matrix(dy);
    half(dab, 0).addi(derivativeFromOutput(TANH, t).muli(s).muli(g));
    half(dab, 1).addi(derivativeFromOutput(SIGMOID, s).muli(t).muli(g));
  }

  private INDArray half(Tensor ab, int which, Activation f) {
    return Nd4jPointwise.activate(f, half(ab, which).dup());
  }

  /// The first or second half of the channels, without a copy.
  private INDArray half(Tensor ab, int which) {
    INDArray m = memory.matrix(ab);
    long c = m.columns() / 2;
    long[] shape = {m.rows(), c};
    return Nd4j.create(m.data(), shape, new long[] {2 * c, 1}, m.offset() + which * c, 'c');
  }
}
