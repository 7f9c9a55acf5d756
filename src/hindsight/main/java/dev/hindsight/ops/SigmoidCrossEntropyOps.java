package dev.hindsight.ops;

import static dev.hindsight.ops.Fit.requireAlike;
import static dev.hindsight.ops.Fit.requireElements;
import static dev.hindsight.ops.Fit.requireShape;

import dev.hindsight.backend.SigmoidCrossEntropy;
import dev.hindsight.tensor.Tensor;

/// Checks and differentiates [SigmoidCrossEntropy].
final class SigmoidCrossEntropyOps {
  private SigmoidCrossEntropyOps() {}

  static Tensor sigmoidCrossEntropy(Ops ops, Tensor logits, Tensor target) {
    requireElements("sigmoidCrossEntropy", logits);
    requireShape("sigmoidCrossEntropy", "logits", logits, "target", target, logits.shape().dims());
    requireAlike("sigmoidCrossEntropy", logits, target);
    SigmoidCrossEntropy loss = ops.backend().sigmoidCrossEntropy();
    Tensor nll = ops.scope().floats(logits.rows());
    loss.forward(logits, target, nll);
    return ops.recordLoss(
        nll,
        target.size(),
        (t, scale) -> t.into(logits, dlogits -> loss.backward(logits, target, scale, dlogits)));
  }
}
