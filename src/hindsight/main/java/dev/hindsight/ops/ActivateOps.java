package dev.hindsight.ops;

import static dev.hindsight.ops.Fit.requireElements;

import dev.hindsight.backend.Activate;
import dev.hindsight.backend.Activation;
import dev.hindsight.tensor.Tensor;

/// Checks and differentiates [Activate].
final class ActivateOps {
  private ActivateOps() {}

  static Tensor activate(Ops ops, Activation f, Tensor x) {
    requireElements("activate", x);
    Activate activate = ops.backend().activate();
    Tensor y = ops.like(x);
    activate.forward(f, x, y);
    ops.structure(s -> s.elements(y, x));
    return ops.record(y, (t, dy) -> t.into(x, dx -> activate.backward(f, x, y, dy, dx)));
  }
}
