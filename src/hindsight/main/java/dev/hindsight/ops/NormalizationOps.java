package dev.hindsight.ops;

import static dev.hindsight.ops.Ops.require;

import dev.hindsight.backend.Backend;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// Checked, differentiable normalization.
final class NormalizationOps {
  private final Backend backend;
  private final Scope scope;
  private final @Nullable Tape tape;

  NormalizationOps(Backend backend, Scope scope, @Nullable Tape tape) {
    this.backend = backend;
    this.scope = scope;
    this.tape = tape;
  }

  Tensor layerNorm(Tensor x, Tensor gain, Tensor bias) {
    Ops.requireElements("layerNorm", x);
    int channels = x.channels();
    require(
        gain.size() == channels && bias.size() == channels,
        "layerNorm: x %s needs gain and bias (%d) but they are %s and %s",
        x.shape(),
        channels,
        gain.shape(),
        bias.shape());
    Tensor y = scope.floats(x.shape().dims());
    Tensor mean = scope.floats(x.rows());
    Tensor rstd = scope.floats(x.rows());
    backend.normalization().layerNorm(x, gain, bias, y, mean, rstd);
    if (tape != null) {
      Tape t = tape;
      t.push(
          y,
          dy ->
              backend
                  .normalization()
                  .layerNormBackward(
                      x, gain, mean, rstd, dy, t.grad(x), t.grad(gain), t.grad(bias)));
    }
    return y;
  }
}
