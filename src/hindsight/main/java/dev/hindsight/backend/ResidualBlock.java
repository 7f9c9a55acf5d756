package dev.hindsight.backend;

import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// WaveNet's residual block (section 2.4) as one op. The laws of [Backend] hold.
///
/// - x, g, y (B,T,C)
/// - w (K,2C,C), b (2C): the convolution
/// - v (C,C), c (C): the way back to the residual path
/// - ts (B,T,2C)
public interface ResidualBlock {
  /// Its two layers.
  ///
  /// @param w of the convolution, with its bias `b`
  /// @param v of the way back to the residual path, with its bias `c`
  record Weights(Tensor w, Tensor b, Tensor v, Tensor c) {}

  /// g = gate(causalConv1d(x, w, b)) and y = x + c + g·vᵀ. For backward, ts keeps the tanh of the
  /// gate's first half, then the σ of its second.
  ///
  /// @param ts null where no backward follows
  void forward(Tensor x, Weights weights, int dilation, @Nullable Tensor ts, Tensor g, Tensor y);

  /// Gradients of [#forward], but dx without dy, which passes by the convolution on the residual
  /// path: whoever calls adds it, or lets `dx` be `dy` itself, which is read no more when dx is
  /// written. `ts` is overwritten by the gradient before the gate.
  ///
  /// @param to of x, w and b
  /// @param residual of v and c; its dx, that of g, is null
  void backward(
      Tensor x,
      Weights weights,
      int dilation,
      Tensor ts,
      Tensor g,
      Tensor dy,
      Gradients to,
      Gradients residual);
}
