package dev.hindsight.ops;

import static dev.hindsight.ops.Ops.require;
import static dev.hindsight.ops.Ops.requireElements;

import dev.hindsight.backend.MaskedConv2d;
import dev.hindsight.backend.Taps;
import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// Checks and differentiates [MaskedConv2d].
final class MaskedConv2dOps {
  private MaskedConv2dOps() {}

  static Tensor maskedConv2d(Ops ops, Tensor x, Tensor w, @Nullable Tensor b, Taps taps) {
    requireFit("maskedConv2d", "(B, H, W, I)", x, w, b, taps);
    MaskedConv2d conv = ops.backend().maskedConv2d();
    Tensor y = ops.floats(x.shape().withChannels(w.dim(1)));
    conv.forward(x, w, b, taps, y);
    return ops.record(
        y,
        (t, dy) -> conv.backward(x, w, taps, dy, t.grad(x), t.grad(w), LinearOps.gradient(t, b)));
  }

  static void maskedConv2dPixels(
      Ops ops,
      Tensor x,
      Tensor w,
      @Nullable Tensor b,
      Taps taps,
      int row,
      int from,
      int to,
      Tensor y) {
    String op = "maskedConv2dPixels";
    requireFit(op, "(R, W, B, I)", x, w, b, taps);
    require(
        y.shape().rank() == 4
            && y.dim(1) == x.dim(1)
            && y.dim(2) == x.dim(2)
            && y.dim(3) == w.dim(1),
        "%s: y must be (*, %d, %d, %d) but is %s",
        op,
        x.dim(1),
        x.dim(2),
        w.dim(1),
        y.shape());
    require(!taps.looksDown(), "%s: rows below are not known yet, but %s reads them", op, taps);
    require(
        row >= 0 && y.dim(0) > 0 && x.dim(0) > taps.reach(),
        "%s: row %d needs %d rows of x and one of y but they are %s and %s",
        op,
        row,
        taps.reach() + 1,
        x.shape(),
        y.shape());
    require(
        0 <= from && from <= to && to <= y.dim(1),
        "%s: columns %d to %d are not in 0 to %d",
        op,
        from,
        to,
        y.dim(1));
    if (from < to) {
      ops.backend().maskedConv2d().maskedConv2dPixels(x, w, b, taps, row, from, to, y);
    }
  }

  private static void requireFit(
      String op, String wanted, Tensor x, Tensor w, @Nullable Tensor b, Taps taps) {
    requireElements(op, x);
    require(x.shape().rank() == 4, "%s: x must be %s but is %s", op, wanted, x.shape());
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
