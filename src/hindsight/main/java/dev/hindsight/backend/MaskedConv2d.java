package dev.hindsight.backend;

import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// Convolutions over images, of the taps that exist (PixelCNN, section 3.4). The laws of [Backend]
/// hold.
///
/// - x (B,H,W,I)
/// - w (taps.count(),O,I), b (O)
/// - y (B,H,W,O)
public interface MaskedConv2d {
  /// `y[b,r,c,o] = bias[o] + Σ_n Σ_i x[b, r + row(n) - k/2, c + column(n) - k/2, i]·w[n,o,i]` over
  /// the taps n that exist, where places outside the image count as 0.
  void forward(Tensor x, Tensor w, @Nullable Tensor b, Taps taps, Tensor y);

  /// Gradients of [#forward].
  void backward(Tensor x, Tensor w, Taps taps, Tensor dy, Gradients to);
}
