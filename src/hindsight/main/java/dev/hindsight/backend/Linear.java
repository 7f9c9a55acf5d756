package dev.hindsight.backend;

import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// Linear layers, and 1x1 convolutions. The laws of [Backend] hold.
///
/// - x (N,I)
/// - w (O,I), b (O)
/// - y, residual, before (N,O)
public interface Linear {
  /// `y[n,o] = f(b[o] + Σ_i x[n,i]·w[o,i])`
  void forward(Tensor x, Tensor w, @Nullable Tensor b, Activation f, Tensor y);

  /// Gradients of [#forward]. When `f` is not IDENTITY, `dy` is overwritten by the gradient before
  /// the activation, dy·f'(y).
  void backward(Tensor x, Tensor w, Activation f, Tensor y, Tensor dy, Gradients to);

  /// `y[n,o] = residual[n,o] + b[o] + Σ_i x[n,i]·w[o,i]`, the end of a residual branch. Its
  /// gradients are those of [#forward], and that of the residual is dy. `residual` may be `y`.
  void linearAdd(Tensor x, Tensor w, @Nullable Tensor b, Tensor residual, Tensor y);

  /// `y[n,o] = GELU(before[n,o])`, `before[n,o] = b[o] + Σ_i x[n,i]·w[o,i]`: the hidden layer of a
  /// perceptron.
  ///
  /// @param before kept for backward; null where none follows
  void linearGelu(Tensor x, Tensor w, Tensor b, @Nullable Tensor before, Tensor y);

  /// Gradients of [#linearGelu]. `dy` is overwritten by the gradient before the activation,
  /// dy·GELU'(before).
  void linearGeluBackward(Tensor x, Tensor w, Tensor before, Tensor dy, Gradients to);
}
