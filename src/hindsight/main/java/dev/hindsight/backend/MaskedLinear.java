package dev.hindsight.backend;

import dev.hindsight.tensor.Tensor;

/// Linear layers over the weights that [Degrees] let exist (MADE, eqs. 8 and 9). The laws of
/// [Backend] hold.
///
/// - x (N,I)
/// - w (O,I), b (O)
/// - y (N,O)
public interface MaskedLinear {
  /// `y[n,o] = f(b[o] + Σ_{i < live(o)} x[n,i]·w[o,i])` for `from <= o < to`; other columns of y
  /// are not touched. Inputs that no output in the range sees are not read.
  void forward(
      Tensor x, Tensor w, Tensor b, Degrees degrees, Activation f, int from, int to, Tensor y);

  /// Gradients of [#forward] over all outputs; `dw` of a weight that does not exist is not touched.
  /// `dy` may be overwritten by the gradient before the activation.
  void backward(
      Tensor x, Tensor w, Degrees degrees, Activation f, Tensor y, Tensor dy, Gradients to);
}
