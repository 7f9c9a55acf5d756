package dev.hindsight.ops;

import static dev.hindsight.ops.Ops.require;
import static dev.hindsight.ops.Ops.requireAlike;

import dev.hindsight.backend.GatedBlock;
import dev.hindsight.backend.Taps;
import dev.hindsight.tensor.Shape;
import dev.hindsight.tensor.Tensor;

/// Checks and differentiates [GatedBlock].
final class GatedBlockOps {
  private GatedBlockOps() {}

  static Tensor gatedBlock(Ops ops, Tensor x, Tensor w, Taps taps, Tensor told, Tensor v) {
    MaskedConv2dOps.requireFit("gatedBlock", x, w, null, taps);
    int channels = x.channels();
    require(
        w.dim(1) == 2 * channels,
        "gatedBlock: x %s needs w (*, %d, %d) but w is %s",
        x.shape(),
        2 * channels,
        channels,
        w.shape());
    require(
        told.shape().equals(x.shape().withChannels(2 * channels)),
        "gatedBlock: x %s needs told %s but it is %s",
        x.shape(),
        x.shape().withChannels(2 * channels),
        told.shape());
    require(
        v.shape().equals(Shape.of(channels, channels)),
        "gatedBlock: x %s needs v (%d, %d) but it is %s",
        x.shape(),
        channels,
        channels,
        v.shape());
    requireAlike("gatedBlock", x, told);
    requireAlike("gatedBlock", x, v);
    GatedBlock block = ops.backend().gatedBlock();
    Tensor ts = ops.like(told);
    Tensor g = ops.like(x);
    Tensor y = ops.like(x);
    var weights = new GatedBlock.Weights(w, v);
    block.forward(x, weights, taps, told, ts, g, y);
    ops.structure(
        s -> {
          s.product(y, x, Reads.taps(x, taps), CausalConv1dOps.pair(w));
          s.product(y, x, Reads.same(x.rows()), v.size());
          s.rows(y, told);
        });
    return ops.record(
        y,
        (t, dy) -> {
          t.pass(ops.backend(), dy, x);
          block.backward(x, weights, taps, ts, g, dy, t.gradients(x, w, null), t.grad(v));
          t.pass(ops.backend(), ts, told);
        });
  }
}
