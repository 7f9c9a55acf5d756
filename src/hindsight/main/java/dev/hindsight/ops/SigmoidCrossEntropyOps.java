package dev.hindsight.ops;

import static dev.hindsight.ops.Ops.require;
import static dev.hindsight.ops.Ops.requireElements;

import dev.hindsight.tensor.Shape;
import dev.hindsight.tensor.Tensor;

/// Checks and differentiates [SigmoidCrossEntropy].
final class SigmoidCrossEntropyOps {
  private SigmoidCrossEntropyOps() {}

  static Tensor sigmoidCrossEntropy(Ops ops, Tensor logits, Tensor target) {
    requireElements("sigmoidCrossEntropy", logits);
    require(
        logits.shape().equals(target.shape()),
        "sigmoidCrossEntropy: logits %s and target %s differ",
        logits.shape(),
        target.shape());
    Tensor nll = ops.floats(Shape.of(logits.rows()));
    Tape tape = ops.tape();
    Tensor dlogits = tape == null ? null : tape.grad(logits);
    ops.backend().sigmoidCrossEntropy().forward(logits, target, 1f / logits.size(), nll, dlogits);
    return nll;
  }
}
