package dev.hindsight.backend;

import dev.hindsight.tensor.Gradient;
import dev.hindsight.tensor.Tensor;

/// Dropout (Srivastava et al. 2014). The laws of [Backend] hold.
///
/// - draw (6), see [Draw]; its first image plays no part
/// - offset: a multiple of 4
public interface Dropout {
  /// y = x / (1 - rate) where uniform `offset` + k of the draw's key is at least `rate`, else 0
  void forward(Tensor draw, long offset, float rate, Tensor x, Tensor y);

  /// dx += dy / (1 - rate) at the same places
  void backward(Tensor draw, long offset, float rate, Tensor dy, Gradient dx);
}
