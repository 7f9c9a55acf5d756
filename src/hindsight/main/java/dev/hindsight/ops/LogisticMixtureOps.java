package dev.hindsight.ops;

import static dev.hindsight.ops.Fit.require;
import static dev.hindsight.ops.Fit.requireAlike;
import static dev.hindsight.ops.Fit.requireElements;

import dev.hindsight.backend.LogisticMixture;
import dev.hindsight.backend.Mixture;
import dev.hindsight.tensor.Shape;
import dev.hindsight.tensor.Tensor;

/// Checks and differentiates [LogisticMixture].
final class LogisticMixtureOps {
  private LogisticMixtureOps() {}

  static Tensor logisticMixture(Ops ops, Tensor logits, Tensor target, Mixture mixture) {
    requireFit("logisticMixture", logits, target, mixture);
    LogisticMixture loss = ops.backend().logisticMixture();
    Tensor nll = ops.scope().floats(logits.dim(0));
    loss.forward(logits, target, mixture, nll);
    return ops.recordLoss(
        nll,
        target.size(),
        (t, scale) ->
            t.into(logits, dlogits -> loss.backward(logits, target, mixture, scale, dlogits)));
  }

  static Tensor levelLogits(Ops ops, Tensor logits, Tensor target, Mixture mixture) {
    String op = "logisticMixtureLevelLogits";
    requireFit(op, logits, target, mixture);
    require(ops.tape() == null, "%s: has no gradient; give it an Ops without a tape", op);
    int values = logits.rows() / logits.dim(0) * mixture.channels();
    Tensor levelLogits = ops.like(logits, Shape.of(logits.dim(0), values, mixture.levels()));
    ops.backend().logisticMixture().levelLogits(logits, target, mixture, levelLogits);
    return levelLogits;
  }

  private static void requireFit(String op, Tensor logits, Tensor target, Mixture mixture) {
    requireElements(op, logits);
    require(
        logits.shape().rank() >= 2 && logits.channels() == mixture.outputs(),
        "%s: %s needs %d outputs for each pixel but logits are %s",
        op,
        mixture,
        mixture.outputs(),
        logits.shape());
    int images = logits.dim(0);
    long values = (long) logits.rows() * mixture.channels();
    require(
        target.dim(0) == images && target.size() == values,
        "%s: logits %s need target (%d,%d) but it is %s",
        op,
        logits.shape(),
        images,
        values / images,
        target.shape());
    requireAlike(op, logits, target);
  }
}
