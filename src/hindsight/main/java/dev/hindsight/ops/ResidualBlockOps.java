package dev.hindsight.ops;

import static dev.hindsight.ops.Fit.ANY;
import static dev.hindsight.ops.Fit.requireAlike;
import static dev.hindsight.ops.Fit.requireShape;

import dev.hindsight.backend.Gradients;
import dev.hindsight.backend.ResidualBlock;
import dev.hindsight.tensor.Tensor;

/// Checks and differentiates [ResidualBlock].
final class ResidualBlockOps {
  private ResidualBlockOps() {}

  static Tensor residualBlock(
      Ops ops, Tensor x, Tensor w, Tensor b, int dilation, Tensor v, Tensor c) {
    CausalConv1dOps.requireFit("residualBlock", x, w, b, dilation);
    int channels = x.channels();
    requireShape("residualBlock", "x", x, "w", w, ANY, 2 * channels, channels);
    requireShape("residualBlock", "x", x, "v", v, channels, channels);
    requireShape("residualBlock", "x", x, "c", c, channels);
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
