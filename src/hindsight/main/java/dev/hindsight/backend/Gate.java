package dev.hindsight.backend;

import dev.hindsight.tensor.Gradient;
import dev.hindsight.tensor.Tensor;

/// The gate of WaveNet and Gated PixelCNN (WaveNet, eq. 2). The laws of [Backend] hold.
///
/// - ab (N,2C)
/// - y (N,C)
public interface Gate {
  /// `y[n,c] = tanh(ab[n,c])·σ(ab[n,C+c])`
  void forward(Tensor ab, Tensor y);

  /// dab += the gradient of [#forward]
  void backward(Tensor ab, Tensor dy, Gradient dab);
}
