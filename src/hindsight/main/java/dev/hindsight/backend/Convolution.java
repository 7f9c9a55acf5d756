package dev.hindsight.backend;

import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// Convolutions that only look back, and the gate behind them. The laws of [Backend] hold.
public interface Convolution {

  // ---- over sequences   x (B,T,I)  w (K,O,I)  b (O)  y (B,T,O)

  /// `y[b,t,o] = bias[o] + Σ_k Σ_i x[b, t - (K-1-k)·dilation, i]·w[k,o,i]`, where places before the
  /// sequence count as 0: the last tap sees the own position.
  ///
  /// NOTE: what is left out there differs where a weight or a gradient is not finite. `cpu` and
  /// `nd4j` leave the product out; `cuda` multiplies a 0 in its place, so that every dilation costs
  /// the same, and 0·∞ is NaN: a weight that is not finite then reaches the positions that its tap
  /// does not, and such a `dy[b,t]` the dw of taps that look before the sequence. A model is lost
  /// by then in either. Values of x never reach what must not see them: nothing reads them.
  void causalConv1d(Tensor x, Tensor w, @Nullable Tensor b, int dilation, Tensor y);

  /// Gradients of [#causalConv1d].
  void causalConv1dBackward(
      Tensor x,
      Tensor w,
      int dilation,
      Tensor dy,
      @Nullable Tensor dx,
      @Nullable Tensor dw,
      @Nullable Tensor db);

  // ---- WaveNet's block  x (B,T,C)  w (K,2C,C)  b (2C)  v (C,C)  c (C)  ts (B,T,2C)  g, y (B,T,C)

  /// g = gate(causalConv1d(x, w, b)) and y = x + c + g·vᵀ. For backward, ts keeps the tanh of the
  /// gate's first half, then the σ of its second.
  ///
  /// @param ts null where no backward follows
  void residualBlock(
      Tensor x,
      Tensor w,
      Tensor b,
      int dilation,
      Tensor v,
      Tensor c,
      @Nullable Tensor ts,
      Tensor g,
      Tensor y);

  /// Gradients of [#residualBlock], but dx without dy, which passes by the convolution on the
  /// residual path: whoever calls adds it, or lets `dx` be `dy` itself, which is read no more when
  /// dx is written. `ts` is overwritten by the gradient before the gate.
  void residualBlockBackward(
      Tensor x,
      Tensor w,
      int dilation,
      Tensor v,
      Tensor ts,
      Tensor g,
      Tensor dy,
      @Nullable Tensor dx,
      @Nullable Tensor dw,
      @Nullable Tensor db,
      @Nullable Tensor dv,
      @Nullable Tensor dc);

  // ---- over images      x (B,H,W,I)  w (taps.count(),O,I)  b (O)  y (B,H,W,O)

  /// `y[b,r,c,o] = bias[o] + Σ_n Σ_i x[b, r + row(n) - k/2, c + column(n) - k/2, i]·w[n,o,i]` over
  /// the taps n that exist, where places outside the image count as 0.
  void maskedConv2d(Tensor x, Tensor w, @Nullable Tensor b, Taps taps, Tensor y);

  /// Gradients of [#maskedConv2d].
  void maskedConv2dBackward(
      Tensor x,
      Tensor w,
      Taps taps,
      Tensor dy,
      @Nullable Tensor dx,
      @Nullable Tensor dw,
      @Nullable Tensor db);

  /// Part of [#maskedConv2d] over images whose batch lies inside a pixel, so that a pixel of all
  /// images is one block: x (R,W,B,I) y (S,W,B,O). Computes columns `from .. to - 1` of image row
  /// `row`; nothing else of y is touched. Row `r` of an image is kept at `r mod R` (`r mod S` for
  /// y), so a sampler keeps only the rows that taps can still reach; no tap may lie below its
  /// centre, and only taps inside the image are read.
  void maskedConv2dPixels(
      Tensor x, Tensor w, @Nullable Tensor b, Taps taps, int row, int from, int to, Tensor y);

  // ---- gate             ab (N,2C)  y (N,C)

  /// `y[n,c] = tanh(ab[n,c])·σ(ab[n,C+c])`
  void gate(Tensor ab, Tensor y);

  /// dab += the gradient of [#gate]
  void gateBackward(Tensor ab, Tensor dy, Tensor dab);
}
