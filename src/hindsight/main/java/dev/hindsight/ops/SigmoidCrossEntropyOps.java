package dev.hindsight.ops;

import static dev.hindsight.ops.Ops.require;
import static dev.hindsight.ops.Ops.requireAlike;
import static dev.hindsight.ops.Ops.requireElements;

import dev.hindsight.backend.SigmoidCrossEntropy;
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
    requireAlike("sigmoidCrossEntropy", logits, target);
    SigmoidCrossEntropy loss = ops.backend().sigmoidCrossEntropy();
    Tensor nll = ops.floats(Shape.of(logits.rows()));
    loss.forward(logits, target, nll);
    return ops.recordLoss(
        nll,
        target.size(),
        (t, scale) -> t.into(logits, dlogits -> loss.backward(logits, target, scale, dlogits)));
  }
}
