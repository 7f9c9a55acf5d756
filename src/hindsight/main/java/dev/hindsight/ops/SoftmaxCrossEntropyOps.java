package dev.hindsight.ops;

import static dev.hindsight.ops.Fit.require;
import static dev.hindsight.ops.Fit.requireAlike;
import static dev.hindsight.ops.Fit.requireElements;

import dev.hindsight.backend.SoftmaxCrossEntropy;
import dev.hindsight.tensor.Tensor;

/// Checks and differentiates [SoftmaxCrossEntropy].
final class SoftmaxCrossEntropyOps {
  private SoftmaxCrossEntropyOps() {}

  static Tensor softmaxCrossEntropy(Ops ops, Tensor logits, Tensor target) {
    requireElements("softmaxCrossEntropy", logits);
    require(
        logits.shape().rank() >= 2 && logits.channels() >= 2,
        "softmaxCrossEntropy: logits %s need two classes or more in rows",
        logits.shape());
    int images = logits.dim(0);
    require(
        target.dim(0) == images && target.size() == logits.rows(),
        "softmaxCrossEntropy: logits %s need target (%d,%d) but it is %s",
        logits.shape(),
        images,
        logits.rows() / images,
        target.shape());
    requireAlike("softmaxCrossEntropy", logits, target);
    SoftmaxCrossEntropy loss = ops.backend().softmaxCrossEntropy();
    Tensor nll = ops.scope().floats(images);
    loss.forward(logits, target, nll);
    return ops.recordLoss(
        nll,
        target.size(),
        (t, scale) -> t.into(logits, dlogits -> loss.backward(logits, target, scale, dlogits)));
  }
}
