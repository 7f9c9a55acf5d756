package dev.hindsight.ops;

import static dev.hindsight.ops.Ops.require;
import static dev.hindsight.ops.Ops.requireElements;

import dev.hindsight.backend.LayerNorm;
import dev.hindsight.tensor.Shape;
import dev.hindsight.tensor.Tensor;

/// Checks and differentiates [LayerNorm].
final class LayerNormOps {
  private LayerNormOps() {}

  static Tensor layerNorm(Ops ops, Tensor x, Tensor gain, Tensor bias, boolean relu) {
    requireElements("layerNorm", x);
    int channels = x.channels();
    require(
        gain.size() == channels && bias.size() == channels,
        "layerNorm: x %s needs gain and bias (%d) but they are %s and %s",
        x.shape(),
        channels,
        gain.shape(),
        bias.shape());
    LayerNorm norm = ops.backend().layerNorm();
    Tensor y = ops.like(x);
    Tensor mean = ops.floats(Shape.of(x.rows()));
    Tensor rstd = ops.floats(Shape.of(x.rows()));
    norm.forward(x, gain, bias, relu, y, mean, rstd);
    ops.structure(s -> s.rows(y, x));
    return ops.record(
        y,
        (t, dy) ->
            norm.backward(x, gain, mean, rstd, relu ? y : null, dy, t.gradients(x, gain, bias)));
  }
}
