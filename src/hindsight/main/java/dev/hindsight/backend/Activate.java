package dev.hindsight.backend;

import dev.hindsight.tensor.Gradient;
import dev.hindsight.tensor.Tensor;

/// Pointwise non-linearities. The laws of [Backend] hold; all tensors have one size.
public interface Activate {
  /// y = f(x)
  void forward(Activation f, Tensor x, Tensor y);

  /// dx += dy·f'(x), from x or y, whichever serves
  void backward(Activation f, Tensor x, Tensor y, Tensor dy, Gradient dx);
}
