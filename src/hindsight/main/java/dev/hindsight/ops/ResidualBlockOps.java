package dev.hindsight.ops;

import static dev.hindsight.ops.Ops.require;
import static dev.hindsight.ops.Ops.requireAlike;

import dev.hindsight.backend.Gradients;
import dev.hindsight.backend.ResidualBlock;
import dev.hindsight.tensor.Shape;
import dev.hindsight.tensor.Tensor;

/// Checks and differentiates [ResidualBlock].
final class ResidualBlockOps {
  private ResidualBlockOps() {}

  static Tensor residualBlock(
      Ops ops, Tensor x, Tensor w, Tensor b, int dilation, Tensor v, Tensor c) {
    CausalConv1dOps.requireFit("residualBlock", x, w, b, dilation);
    int channels = x.channels();
    require(
        w.dim(1) == 2 * channels,
        "residualBlock: x %s needs w (*, %d, %d) but w is %s",
        x.shape(),
        2 * channels,
        channels,
        w.shape());
    require(
        v.shape().equals(Shape.of(channels, channels)) && c.size() == channels,
        "residualBlock: x %s needs v (%d, %d) and c (%d) but they are %s and %s",
        x.shape(),
        channels,
        channels,
        channels,
        v.shape(),
        c.shape());
    ResidualBlock block = ops.backend().residualBlock();
    requireAlike("residualBlock", x, v);
    Tensor g = ops.like(x);
    Tensor y = ops.like(x);
    ops.structure(
        s -> {
          Reads past = Reads.past(x, w.dim(0), dilation);
          s.product(y, x, past, CausalConv1dOps.pair(w));
          s.product(y, x, Reads.same(x.rows()), v.size());
        });
    var weights = new ResidualBlock.Weights(w, b, v, c);
    if (ops.tape() == null) {
      block.forward(x, weights, dilation, null, g, y);
      return y;
    }
    Tensor ts = ops.like(x, x.shape().withChannels(2 * channels));
    block.forward(x, weights, dilation, ts, g, y);
    return ops.record(
        y,
        (t, dy) -> {
          t.pass(ops.backend(), dy, x);
          Gradients residual = new Gradients(null, t.grad(v), t.grad(c));
          block.backward(x, weights, dilation, ts, g, dy, t.gradients(x, w, b), residual);
        });
  }
}
