package dev.hindsight.backend;

import dev.hindsight.tensor.Gradient;
import dev.hindsight.tensor.Tensor;

/// How models that read numbers read the levels of pixels: scaled to [-1, 1]. The laws of [Backend]
/// hold; all tensors have one size.
public interface Rescale {
  /// y = x·scale + shift
  void forward(Tensor x, float scale, float shift, Tensor y);

  /// dx += scale·dy
  void backward(Tensor dy, float scale, Gradient dx);
}
