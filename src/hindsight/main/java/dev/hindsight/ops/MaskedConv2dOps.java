package dev.hindsight.ops;

import static dev.hindsight.ops.Fit.ANY;
import static dev.hindsight.ops.Fit.requireAlike;
import static dev.hindsight.ops.Fit.requireAxes;
import static dev.hindsight.ops.Fit.requireElements;
import static dev.hindsight.ops.Fit.requireShape;

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
    requireAxes(op, "x", x, "(B,H,W,I)");
    requireShape(op, "x", x, "w", w, taps.count(), ANY, x.channels());
    if (b != null) {
      requireShape(op, "w", w, "b", b, w.dim(1));
    }
  }
}
