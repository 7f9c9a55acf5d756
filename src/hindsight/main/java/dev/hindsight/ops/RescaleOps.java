package dev.hindsight.ops;

import static dev.hindsight.ops.Fit.requireElements;

import dev.hindsight.backend.Rescale;
import dev.hindsight.tensor.Tensor;

/// Checks and differentiates [Rescale].
final class RescaleOps {
  private RescaleOps() {}

  static Tensor rescale(Ops ops, Tensor x, float scale, float shift) {
    requireElements("rescale", x);
    Rescale rescale = ops.backend().rescale();
    Tensor y = ops.like(x);
    rescale.forward(x, scale, shift, y);
    ops.structure(s -> s.elements(y, x));
    return ops.record(y, (t, dy) -> t.into(x, dx -> rescale.backward(dy, scale, dx)));
  }
}
