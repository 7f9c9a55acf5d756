package dev.hindsight.ops;

import static dev.hindsight.ops.Ops.require;

import dev.hindsight.backend.Activation;
import dev.hindsight.backend.Degrees;
import dev.hindsight.backend.MaskedLinear;
import dev.hindsight.tensor.Shape;
import dev.hindsight.tensor.Tensor;

/// Checks and differentiates [MaskedLinear].
final class MaskedLinearOps {
  private MaskedLinearOps() {}

  static Tensor maskedLinear(Ops ops, Tensor x, Tensor w, Tensor b, Degrees degrees, Activation f) {
    LinearOps.requireFit("maskedLinear", x, w, b, f);
    require(
        degrees.outputs() == w.dim(0) && degrees.inputs() == w.dim(1),
        "maskedLinear: w %s does not fit %s",
        w.shape(),
        degrees);
    MaskedLinear linear = ops.backend().maskedLinear();
    Tensor y = ops.like(x, Shape.of(x.rows(), w.dim(0)));
    linear.forward(x, w, b, degrees, f, 0, w.dim(0), y);
    return ops.record(
        y,
        (t, dy) -> linear.backward(x, w, degrees, f, y, dy, t.gradient(x), t.grad(w), t.grad(b)));
  }
}
