package dev.hindsight.ops;

import static dev.hindsight.ops.Ops.require;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Convolution;
import dev.hindsight.backend.Taps;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// Convolutions over the taps that exist, checked and differentiable; [Ops] names them.
final class MaskedConvolutionOps {
  private final Convolution backend;
  private final Scope scope;
  private final @Nullable Tape tape;

  MaskedConvolutionOps(Backend backend, Scope scope, @Nullable Tape tape) {
    this.backend = backend.convolution();
    this.scope = scope;
    this.tape = tape;
  }

  Tensor maskedConv2d(Tensor x, Tensor w, @Nullable Tensor b, Taps taps) {
    requireFit("maskedConv2d", "(B, H, W, I)", x, w, b, taps);
    Tensor y = scope.floats(x.shape().withChannels(w.dim(1)).dims());
    backend.maskedConv2d(x, w, b, taps, y);
    if (tape != null) {
      Tape t = tape;
      t.push(
          y,
          dy ->
              backend.maskedConv2dBackward(
                  x, w, taps, dy, t.grad(x), t.grad(w), b == null ? null : t.grad(b)));
    }
    return y;
  }

  void maskedConv2dPixels(
      Tensor x, Tensor w, @Nullable Tensor b, Taps taps, int row, int from, int to, Tensor y) {
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
      backend.maskedConv2dPixels(x, w, b, taps, row, from, to, y);
    }
  }

  private static void requireFit(
      String op, String wanted, Tensor x, Tensor w, @Nullable Tensor b, Taps taps) {
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
