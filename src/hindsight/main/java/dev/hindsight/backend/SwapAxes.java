package dev.hindsight.backend;

import dev.hindsight.tensor.Gradient;
import dev.hindsight.tensor.Tensor;

/// The order of the first two axes. The laws of [Backend] hold.
public interface SwapAxes {
  /// `y[b,a] = x[a,b]` for x (A,B,C)
  void forward(Tensor x, Tensor y);

  /// `dx[a,b] += dy[b,a]` for dx (A,B,C)
  void backward(Tensor dy, Gradient dx);
}
