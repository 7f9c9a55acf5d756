package dev.hindsight.ops;

import static dev.hindsight.ops.Fit.require;
import static dev.hindsight.ops.Fit.requireElements;

import dev.hindsight.backend.Gate;
import dev.hindsight.tensor.Tensor;

/// Checks and differentiates [Gate].
final class GateOps {
  private GateOps() {}

  static Tensor gate(Ops ops, Tensor ab) {
    requireElements("gate", ab);
    require(
        ab.channels() % 2 == 0, "gate: needs an even number of channels but got %s", ab.shape());
    Gate gate = ops.backend().gate();
    Tensor y = ops.like(ab, ab.shape().withChannels(ab.channels() / 2));
    gate.forward(ab, y);
    ops.structure(s -> s.rows(y, ab));
    return ops.record(y, (t, dy) -> t.into(ab, dab -> gate.backward(ab, dy, dab)));
  }
}
