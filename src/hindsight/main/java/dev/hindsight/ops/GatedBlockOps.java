package dev.hindsight.ops;

import static dev.hindsight.ops.Fit.ANY;
import static dev.hindsight.ops.Fit.requireAlike;
import static dev.hindsight.ops.Fit.requireShape;

import dev.hindsight.backend.GatedBlock;
import dev.hindsight.backend.Taps;
import dev.hindsight.tensor.Tensor;

/// Checks and differentiates [GatedBlock].
final class GatedBlockOps {
  private GatedBlockOps() {}

  static Tensor gatedBlock(Ops ops, Tensor x, Tensor w, Taps taps, Tensor vertical, Tensor v) {
    MaskedConv2dOps.requireFit("gatedBlock", x, w, null, taps);
    int channels = x.channels();
    requireShape("gatedBlock", "x", x, "w", w, ANY, 2 * channels, channels);
    int[] gates = x.shape().withChannels(2 * channels).dims();
    requireShape("gatedBlock", "x", x, "vertical", vertical, gates);
    requireShape("gatedBlock", "x", x, "v", v, channels, channels);
    requireAlike("gatedBlock", x, vertical);
    requireAlike("gatedBlock", x, v);
    GatedBlock block = ops.backend().gatedBlock();
    Tensor ts = ops.like(vertical);
    Tensor g = ops.like(x);
    Tensor y = ops.like(x);
    var weights = new GatedBlock.Weights(w, v);
    block.forward(x, weights, taps, vertical, ts, g, y);
    ops.structure(
        s -> {
          s.product(y, x, Reads.taps(x, taps), CausalConv1dOps.pair(w));
          s.product(y, x, Reads.same(x.rows()), v.size());
          s.rows(y, vertical);
        });
    return ops.record(
        y,
        (t, dy) -> {
          t.pass(ops.backend(), dy, x);
          block.backward(x, weights, taps, ts, g, dy, t.gradients(x, w, null), t.grad(v));
          t.pass(ops.backend(), ts, vertical);
        });
  }
}
