package dev.hindsight.backend;

import dev.hindsight.tensor.Tensor;

/// Sums of tensors of one size. The laws of [Backend] hold.
public interface Add {
  /// y = a + b
  void forward(Tensor a, Tensor b, Tensor y);

  /// dst += src: the gradient of [#forward], for each of its inputs
  void accumulate(Tensor src, Tensor dst);
}
