package dev.hindsight.backend;

import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// Layer normalization (Ba, Kiros & Hinton 2016, arXiv 1607.06450), and a ReLU behind it where one
/// is wanted. The laws of [Backend] hold.
///
/// - x, y (N,C)
/// - gain, bias (C)
/// - mean, rstd (N)
public interface LayerNorm {
  /// Added to the variance, as in PyTorch.
  float EPSILON = 1e-5f;

  /// `y[n,c] = (x[n,c] - mean[n])·rstd[n]·gain[c] + bias[c]` with the mean of the row and rstd = 1
  /// / √(variance + 1e-5), the variance being that of the row, divided by C.
  ///
  /// @param relu whether y is the ReLU of that
  void forward(
      Tensor x, Tensor gain, Tensor bias, boolean relu, Tensor y, Tensor mean, Tensor rstd);

  /// Gradients of [#forward].
  ///
  /// @param y where it is a ReLU's; else null
  void backward(
      Tensor x, Tensor gain, Tensor mean, Tensor rstd, @Nullable Tensor y, Tensor dy, Gradients to);
}
