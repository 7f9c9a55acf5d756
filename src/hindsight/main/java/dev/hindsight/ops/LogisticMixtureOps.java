package dev.hindsight.ops;

import static dev.hindsight.ops.Fit.require;
import static dev.hindsight.ops.Fit.requireAlike;
import static dev.hindsight.ops.Fit.requireElements;

import dev.hindsight.backend.LogisticMixture;
import dev.hindsight.backend.Mixture;
import dev.hindsight.tensor.Tensor;

/// Checks and differentiates [LogisticMixture].
final class LogisticMixtureOps {
  private LogisticMixtureOps() {}

  static Tensor logisticMixture(Ops ops, Tensor logits, Tensor target, Mixture mixture) {
    requireElements("logisticMixture", logits);
    require(
        logits.shape().rank() >= 2 && logits.channels() == mixture.outputs(),
        "logisticMixture: %s needs %d outputs for each pixel but logits are %s",
        mixture,
        mixture.outputs(),
        logits.shape());
    int images = logits.dim(0);
    long values = (long) logits.rows() * mixture.channels();
    require(
        target.dim(0) == images && target.size() == values,
        "logisticMixture: logits %s need target (%d,%d) but it is %s",
        logits.shape(),
        images,
        values / images,
        target.shape());
    requireAlike("logisticMixture", logits, target);
    LogisticMixture loss = ops.backend().logisticMixture();
    Tensor nll = ops.scope().floats(images);
    loss.forward(logits, target, mixture, nll);
    return ops.recordLoss(
        nll,
        target.size(),
        (t, scale) ->
            t.into(logits, dlogits -> loss.backward(logits, target, mixture, scale, dlogits)));
  }
}
