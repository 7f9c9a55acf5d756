package dev.hindsight.backend;

import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// Convolutions over sequences that only look back (WaveNet, section 2.1). The laws of [Backend]
/// hold.
///
/// - x (B,T,I)
/// - w (K,O,I), b (O)
/// - y (B,T,O)
public interface CausalConv1d {
  /// `y[b,t,o] = bias[o] + Σ_k Σ_i x[b, t - (K-1-k)·dilation, i]·w[k,o,i]`, where places before the
  /// sequence count as 0: the last tap sees the own position.
  ///
  /// NOTE: what is left out there differs where a weight or a gradient is not finite. `cpu` and
  /// `nd4j` leave the product out; `cuda` multiplies a 0 in its place, so that every dilation costs
  /// the same, and 0·∞ is NaN: a weight that is not finite then reaches the positions that its tap
  /// does not, and such a `dy[b,t]` the dw of taps that look before the sequence. A model is lost
  /// by then in either. Values of x never reach what must not see them: nothing reads them.
  void forward(Tensor x, Tensor w, @Nullable Tensor b, int dilation, Tensor y);

  /// Gradients of [#forward].
  void backward(Tensor x, Tensor w, int dilation, Tensor dy, Gradients to);
}
