package dev.hindsight.ops;

import static dev.hindsight.ops.Fit.require;
import static dev.hindsight.ops.Fit.requireAlike;
import static dev.hindsight.ops.Fit.requireElements;

import dev.hindsight.backend.Add;
import dev.hindsight.tensor.Tensor;

/// Checks and differentiates [Add].
final class AddOps {
  private AddOps() {}

  static Tensor add(Ops ops, Tensor a, Tensor b) {
    requireElements("add", a);
    require(a.shape().equals(b.shape()), "add: %s and %s differ", a.shape(), b.shape());
    requireAlike("add", a, b);
    Add add = ops.backend().add();
    Tensor y = ops.like(a);
    add.forward(a, b, y);
    ops.structure(s -> s.elements(y, a, b));
    return ops.record(
        y,
        (t, dy) -> {
          t.add(ops.backend(), dy, b);
          t.pass(ops.backend(), dy, a);
        });
  }
}
