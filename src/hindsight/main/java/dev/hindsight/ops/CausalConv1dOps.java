package dev.hindsight.ops;

import static dev.hindsight.ops.Fit.ANY;
import static dev.hindsight.ops.Fit.require;
import static dev.hindsight.ops.Fit.requireAlike;
import static dev.hindsight.ops.Fit.requireAxes;
import static dev.hindsight.ops.Fit.requireElements;
import static dev.hindsight.ops.Fit.requireShape;

import dev.hindsight.backend.CausalConv1d;
import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// Checks and differentiates [CausalConv1d].
final class CausalConv1dOps {
  /// So that no place of a sequence, moved by a tap, leaves an int.
  private static final int FARTHEST = 1 << 30;

  private CausalConv1dOps() {}

  static Tensor causalConv1d(Ops ops, Tensor x, Tensor w, @Nullable Tensor b, int dilation) {
    requireFit("causalConv1d", x, w, b, dilation);
    CausalConv1d conv = ops.backend().causalConv1d();
    Tensor y = ops.like(x, x.shape().withChannels(w.dim(1)));
    ops.structure(s -> s.product(y, x, Reads.past(x, w.dim(0), dilation), pair(w)));
    conv.forward(x, w, b, dilation, y);
    return ops.record(y, (t, dy) -> conv.backward(x, w, dilation, dy, t.gradients(x, w, b)));
  }

  /// Weights of a tap.
  static long pair(Tensor w) {
    return (long) w.dim(1) * w.dim(2);
  }

  static void requireFit(String op, Tensor x, Tensor w, @Nullable Tensor b, int dilation) {
    requireElements(op, x);
    requireAxes(op, "x", x, "(B,T,I)");
    requireElements(op, w);
    requireShape(op, "x", x, "w", w, ANY, ANY, x.channels());
    if (b != null) {
      requireShape(op, "w", w, "b", b, w.dim(1));
    }
    requireAlike(op, x, w);
    require(dilation >= 1, "%s: dilation must be at least 1 but is %d", op, dilation);
    require(
        (w.dim(0) - 1L) * dilation <= FARTHEST,
        "%s: %d taps of dilation %d look back more than %d positions",
        op,
        w.dim(0),
        dilation,
        FARTHEST);
  }
}
