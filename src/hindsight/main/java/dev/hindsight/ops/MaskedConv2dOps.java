package dev.hindsight.ops;

import static dev.hindsight.ops.Ops.require;
import static dev.hindsight.ops.Ops.requireAlike;
import static dev.hindsight.ops.Ops.requireElements;

import dev.hindsight.backend.MaskedConv2d;
import dev.hindsight.backend.Taps;
import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// Checks and differentiates [MaskedConv2d].
final class MaskedConv2dOps {
  private MaskedConv2dOps() {}

  static Tensor maskedConv2d(Ops ops, Tensor x, Tensor w, @Nullable Tensor b, Taps taps) {
    requireFit("maskedConv2d", x, w, b, taps);
    MaskedConv2d conv = ops.backend().maskedConv2d();
    Tensor y = ops.like(x, x.shape().withChannels(w.dim(1)));
    conv.forward(x, w, b, taps, y);
    ops.structure(s -> s.product(y, x, Reads.taps(x, taps), CausalConv1dOps.pair(w)));
    return ops.record(y, (t, dy) -> conv.backward(x, w, taps, dy, t.gradients(x, w, b)));
  }

  static void requireFit(String op, Tensor x, Tensor w, @Nullable Tensor b, Taps taps) {
    requireElements(op, x);
    requireAlike(op, x, w);
    require(x.shape().rank() == 4, "%s: x must be (B, H, W, I) but is %s", op, x.shape());
    require(
        w.shape().rank() == 3 && w.dim(0) == taps.count() && w.dim(2) == x.dim(3),
        "%s: x %s and %d taps need w (%d, *, %d) but w is %s",
        op,
        x.shape(),
        taps.count(),
        taps.count(),
        x.dim(3),
        w.shape());
    require(
        b == null || b.size() == w.dim(1),
        "%s: w %s needs b (%d) but b is %s",
        op,
        w.shape(),
        w.dim(1),
        b == null ? "absent" : b.shape());
  }
}
