package dev.hindsight.ops;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Convolution;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Shape;
import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// Convolutions and their gate, checked and differentiable; [Ops] names them.
final class ConvolutionOps {
  /// So that no place of a sequence, moved by a tap, leaves an int.
  private static final int FARTHEST = 1 << 30;

  private final Backend whole;
  private final Convolution backend;
  private final Scope scope;
  private final @Nullable Tape tape;

  ConvolutionOps(Backend backend, Scope scope, @Nullable Tape tape) {
    this.whole = backend;
    this.backend = backend.convolution();
    this.scope = scope;
    this.tape = tape;
  }

  Tensor causalConv1d(Tensor x, Tensor w, @Nullable Tensor b, int dilation) {
    requireCausal("causalConv1d", x, w, b, dilation);
    Tensor y = scope.floats(x.shape().withChannels(w.dim(1)).dims());
    backend.causalConv1d(x, w, b, dilation, y);
    if (tape != null) {
      Tape t = tape;
      t.push(
          y,
          dy ->
              backend.causalConv1dBackward(
                  x, w, dilation, dy, t.grad(x), t.grad(w), b == null ? null : t.grad(b)));
    }
    return y;
  }

  Tensor residualBlock(Tensor x, Tensor w, Tensor b, int dilation, Tensor v, Tensor c) {
    requireCausal("residualBlock", x, w, b, dilation);
    int channels = x.channels();
    Ops.require(
        w.dim(1) == 2 * channels,
        "residualBlock: x %s needs w (*, %d, %d) but w is %s",
        x.shape(),
        2 * channels,
        channels,
        w.shape());
    Ops.require(
        v.shape().equals(Shape.of(channels, channels)) && c.size() == channels,
        "residualBlock: x %s needs v (%d, %d) and c (%d) but they are %s and %s",
        x.shape(),
        channels,
        channels,
        channels,
        v.shape(),
        c.shape());
    Tensor g = scope.floats(x.shape().dims());
    Tensor y = scope.floats(x.shape().dims());
    if (tape == null) {
      backend.residualBlock(x, w, b, dilation, v, c, null, g, y);
      return y;
    }
    Tensor ts = scope.floats(x.shape().withChannels(2 * channels).dims());
    backend.residualBlock(x, w, b, dilation, v, c, ts, g, y);
    Tape t = tape;
    t.push(
        y,
        dy -> {
          t.pass(whole, dy, x);
          backend.residualBlockBackward(
              x, w, dilation, v, ts, g, dy, t.grad(x), t.grad(w), t.grad(b), t.grad(v), t.grad(c));
        });
    return y;
  }

  private static void requireCausal(
      String op, Tensor x, Tensor w, @Nullable Tensor b, int dilation) {
    Ops.requireElements(op, x);
    Ops.require(
        x.shape().rank() == 3, "%s: wants sequences x (B, T, I) but x is %s", op, x.shape());
    Ops.require(
        w.shape().rank() == 3 && w.dim(0) >= 1 && w.channels() == x.channels(),
        "%s: x %s needs w (1 tap or more, *, %d) but w is %s",
        op,
        x.shape(),
        x.channels(),
        w.shape());
    Ops.require(
        b == null || b.size() == w.dim(1),
        "%s: w %s needs b (%d) but b is %s",
        op,
        w.shape(),
        w.dim(1),
        b == null ? "absent" : b.shape());
    Ops.requireElements(op, w);
    Ops.require(dilation >= 1, "%s: dilation must be at least 1 but is %d", op, dilation);
    Ops.require(
        (w.dim(0) - 1L) * dilation <= FARTHEST,
        "%s: %d taps of dilation %d look back more than %d positions",
        op,
        w.dim(0),
        dilation,
        FARTHEST);
  }

  Tensor gate(Tensor ab) {
    Ops.requireElements("gate", ab);
    Ops.require(
        ab.channels() % 2 == 0, "gate: needs an even number of channels but got %s", ab.shape());
    Tensor y = scope.floats(ab.shape().withChannels(ab.channels() / 2).dims());
    backend.gate(ab, y);
    if (tape != null) {
      Tape t = tape;
      t.push(
          y,
          dy -> {
            Tensor dab = t.grad(ab);
            if (dab != null) {
              backend.gateBackward(ab, dy, dab);
            }
          });
    }
    return y;
  }
}
