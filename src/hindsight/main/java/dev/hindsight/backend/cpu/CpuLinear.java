package dev.hindsight.backend.cpu;

import dev.hindsight.backend.Activation;
import dev.hindsight.backend.Gradients;
import dev.hindsight.backend.Linear;
import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// Linear layers: hands addresses to [LinearTiles] and [LinearGradients], which compute.
final class CpuLinear implements Linear {
  private final Engine engine;
  private final LinearTiles tiles;
  private final LinearGradients gradients;

  CpuLinear(Engine engine) {
    this.engine = engine;
    this.tiles = new LinearTiles(engine);
    this.gradients = new LinearGradients(engine);
  }

  @Override
  public void forward(Tensor x, Tensor w, @Nullable Tensor b, Activation f, Tensor y) {
    WarmUp.of(f).before(engine.loops());
    tiles.forward(
        engine.stored(x),
        x.rows(),
        w.dim(1),
        w.dim(0),
        x.address(),
        w.address(),
        Engine.orZero(b),
        f,
        y.address());
  }

  @Override
  public void backward(Tensor x, Tensor w, Activation f, Tensor y, Tensor dy, Gradients to) {
    WarmUp.of(f).before(engine.loops());
    gradients.backward(
        engine.stored(x),
        x.rows(),
        w.dim(1),
        w.dim(0),
        x.address(),
        w.address(),
        f,
        y.address(),
        dy.address(),
        Engine.orZero(to.dx()),
        Engine.adds(to.dx()),
        Engine.orZero(to.dw()),
        Engine.orZero(to.db()));
  }

  @Override
  public void linearAdd(Tensor x, Tensor w, @Nullable Tensor b, Tensor residual, Tensor y) {
    tiles.forwardOnto(
        engine.stored(x),
        x.rows(),
        w.dim(1),
        w.dim(0),
        x.address(),
        w.address(),
        Engine.orZero(b),
        residual.address(),
        y.address());
  }

  @Override
  public void linearGelu(Tensor x, Tensor w, Tensor b, @Nullable Tensor before, Tensor y) {
    WarmUp.GELU.before(engine.loops());
    tiles.forwardGelu(
        engine.stored(x),
        x.rows(),
        w.dim(1),
        w.dim(0),
        x.address(),
        w.address(),
        b.address(),
        Engine.orZero(before),
        y.address());
  }

  @Override
  public void linearGeluBackward(Tensor x, Tensor w, Tensor before, Tensor dy, Gradients to) {
    backward(x, w, Activation.GELU, before, dy, to);
  }
}
