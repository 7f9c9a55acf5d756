package dev.hindsight.ops;

import static dev.hindsight.ops.Ops.require;
import static dev.hindsight.ops.Ops.requireElements;

import dev.hindsight.tensor.Shape;
import dev.hindsight.tensor.Tensor;

/// Checks and differentiates [SoftmaxCrossEntropy].
final class SoftmaxCrossEntropyOps {
  private SoftmaxCrossEntropyOps() {}

  static Tensor softmaxCrossEntropy(Ops ops, Tensor logits, Tensor target) {
    requireElements("softmaxCrossEntropy", logits);
    require(
        logits.channels() >= 2 && target.size() == logits.rows(),
        "softmaxCrossEntropy: logits %s need two classes or more and target (%d) but it is %s",
        logits.shape(),
        logits.rows(),
        target.shape());
    Tensor nll = ops.floats(Shape.of(logits.rows()));
    Tape tape = ops.tape();
    Tensor dlogits = tape == null ? null : tape.grad(logits);
    ops.backend().softmaxCrossEntropy().forward(logits, target, 1f / logits.rows(), nll, dlogits);
    return nll;
  }
}
