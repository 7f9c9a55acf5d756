package dev.hindsight.backend;

import dev.hindsight.tensor.Gradient;
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
  void backward(
      Tensor x,
      Tensor w,
      Taps taps,
      Tensor dy,
      @Nullable Gradient dx,
      @Nullable Tensor dw,
      @Nullable Tensor db);

  /// Part of [#forward] over images whose batch lies inside a pixel, so that a pixel of all images
  /// is one block. Computes columns `from .. to - 1` of image row `row`; nothing else of y is
  /// touched. Row `r` of an image is kept at `r mod R` (`r mod S` for y), so a sampler keeps only
  /// the rows that taps can still reach; no tap may lie below its centre, and only taps inside the
  /// image are read.
  ///
  /// @param x (R,W,B,I)
  /// @param y (S,W,B,O)
  void maskedConv2dPixels(
      Tensor x, Tensor w, @Nullable Tensor b, Taps taps, int row, int from, int to, Tensor y);
}
