package dev.hindsight.backend.cpu;

import dev.hindsight.backend.Convolution;
import dev.hindsight.backend.Taps;
import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// Convolutions that only look back, and the gate behind them.
final class CpuConvolution implements Convolution {
  private final Engine engine;
  private final MaskedConv2d masked;
  private final MaskedPixels pixels;
  private final Gate gate;
  private final CausalConv causal;
  private final ResidualBlock residual;

  CpuConvolution(Engine engine) {
    this.engine = engine;
    this.masked = new MaskedConv2d(engine);
    this.pixels = new MaskedPixels(engine);
    this.gate = new Gate(engine);
    this.causal = new CausalConv(engine);
    this.residual = new ResidualBlock(engine, causal);
  }

  @Override
  public void causalConv1d(Tensor x, Tensor w, @Nullable Tensor b, int dilation, Tensor y) {
    causal.forward(
        sizes(x, w, dilation), x.address(), w.address(), Engine.orZero(b), engine.out(y));
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
        sizes(x, w, dilation),
        x.address(),
        w.address(),
        dy.address(),
        engine.outOrZero(dx),
        engine.outOrZero(dw),
        engine.outOrZero(db));
  }

  private static CausalConv.Sizes sizes(Tensor x, Tensor w, int dilation) {
    return new CausalConv.Sizes(x.dim(0), x.dim(1), w.dim(2), w.dim(1), w.dim(0), dilation);
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
    residual.forward(
        sizes(x, w, dilation),
        x.address(),
        w.address(),
        b.address(),
        v.address(),
        c.address(),
        engine.outOrZero(ts),
        engine.out(g),
        engine.out(y));
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
    residual.backward(
        sizes(x, w, dilation),
        x.address(),
        w.address(),
        v.address(),
        engine.out(ts),
        g.address(),
        dy.address(),
        new ResidualBlock.Gradients(
            engine.outOrZero(dx),
            engine.outOrZero(dw),
            engine.outOrZero(db),
            engine.outOrZero(dv),
            engine.outOrZero(dc)));
  }

  @Override
  public void maskedConv2d(Tensor x, Tensor w, @Nullable Tensor b, Taps taps, Tensor y) {
    masked.forward(x, w.address(), Engine.orZero(b), w.dim(1), taps, engine.out(y));
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
    boolean add = dx != null && !engine.overwrites(dx);
    masked.backward(
        x,
        w.address(),
        w.dim(1),
        taps,
        dy.address(),
        Engine.orZero(dx),
        add,
        engine.outOrZero(dw),
        engine.outOrZero(db));
  }

  @Override
  public void maskedConv2dPixels(
      Tensor x, Tensor w, @Nullable Tensor b, Taps taps, int row, int from, int to, Tensor y) {
    pixels.forward(x, w, Engine.orZero(b), taps, row, from, to, y, engine.out(y));
  }

  // ---- gate

  @Override
  public void gate(Tensor ab, Tensor y) {
    gate.forward(y.rows(), y.channels(), ab.address(), engine.out(y));
  }

  @Override
  public void gateBackward(Tensor ab, Tensor dy, Tensor dab) {
    boolean add = !engine.overwrites(dab);
    gate.backward(dy.rows(), dy.channels(), ab.address(), dy.address(), add, dab.address());
  }
}
