package dev.hindsight.ops;

import static dev.hindsight.ops.Fit.requireElements;
import static dev.hindsight.ops.Fit.requireShape;

import dev.hindsight.backend.LayerNorm;
import dev.hindsight.tensor.Tensor;

/// Checks and differentiates [LayerNorm].
final class LayerNormOps {
  private LayerNormOps() {}

  static Tensor layerNorm(Ops ops, Tensor x, Tensor gain, Tensor bias, boolean relu) {
    requireElements("layerNorm", x);
    int channels = x.channels();
    requireShape("layerNorm", "x", x, "gain", gain, channels);
    requireShape("layerNorm", "x", x, "bias", bias, channels);
    LayerNorm norm = ops.backend().layerNorm();
    Tensor y = ops.like(x);
    Tensor mean = ops.scope().floats(x.rows());
    Tensor rstd = ops.scope().floats(x.rows());
    norm.forward(x, gain, bias, relu, y, mean, rstd);
    ops.structure(s -> s.rows(y, x));
    return ops.record(
        y,
        (t, dy) ->
            norm.backward(x, gain, mean, rstd, relu ? y : null, dy, t.gradients(x, gain, bias)));
  }
}
