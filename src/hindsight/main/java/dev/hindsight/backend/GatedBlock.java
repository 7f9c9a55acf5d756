package dev.hindsight.backend;

import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// The horizontal half of Gated PixelCNN's block (van den Oord et al. 2016, arXiv 1606.05328,
/// figure 2) as one op. The laws of [Backend] hold.
///
/// - x, g, y (B,H,W,C)
/// - w (taps.count(),2C,C): the convolution along the row
/// - vertical (B,H,W,2C), from the vertical half
/// - v (C,C): the way back to the residual path
/// - ts (B,H,W,2C)
public interface GatedBlock {
  /// Its two layers.
  ///
  /// @param w of the convolution along the row
  /// @param v of the way back to the residual path
  record Weights(Tensor w, Tensor v) {}

  /// g = gate(maskedConv2d(x, w) + vertical) and y = x + g·vᵀ. For backward, ts keeps the tanh of
  /// the gate's first half, then the σ of its second; where none follows, it is scratch memory.
  void forward(
      Tensor x, Weights weights, Taps taps, Tensor vertical, Tensor ts, Tensor g, Tensor y);

  /// Gradients of [#forward], but dx without dy, which passes by the convolution on the residual
  /// path: whoever calls adds it, or lets `dx` be `dy` itself, which is read no more when dx is
  /// written. `ts` is overwritten by the gradient before the gate, which is that of `vertical`.
  ///
  /// @param to of x and w; its db is null
  void backward(
      Tensor x,
      Weights weights,
      Taps taps,
      Tensor ts,
      Tensor g,
      Tensor dy,
      Gradients to,
      @Nullable Tensor dv);
}
