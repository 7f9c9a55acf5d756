package dev.hindsight.backend;

import dev.hindsight.tensor.Tensor;

/// Attention that only looks back. Elements above the diagonal are neither computed, read nor
/// written. The laws of [Backend] hold.
public interface Attention {
  /// The widest head that every backend can do.
  int LARGEST_HEAD = 128;

  // ---- softmax          scores, p (N,T,T), lower triangle

  /// `p[n,i,j] = exp(scale·s[n,i,j]) / Σ_{j' <= i} exp(scale·s[n,i,j'])` for j <= i; places above
  /// the diagonal are not touched. A row of nothing but -∞ gives zeros.
  void triangularSoftmax(Tensor scores, float scale, Tensor p);

  /// dscores += the gradient of [#triangularSoftmax], lower triangle only
  void triangularSoftmaxBackward(Tensor p, float scale, Tensor dp, Tensor dscores);

  // ---- fused            qkv (B,T,3C), q then k then v, heads side by side  y (B,T,C)  lse (B,H,T)

  /// Softmax attention of every position over itself and those before it, scores divided by the
  /// root of a head's width. No (T,T) tensor is made: only the logarithm `lse` of each row's sum is
  /// kept (Dao et al. 2022, arXiv 2205.14135).
  void causalAttention(Tensor qkv, int heads, Tensor y, Tensor lse);

  /// dqkv += the gradient of [#causalAttention]
  ///
  /// @param delta (B,H,T), working memory: receives Σ y·dy over each head
  void causalAttentionBackward(
      Tensor qkv, int heads, Tensor y, Tensor lse, Tensor dy, Tensor delta, Tensor dqkv);

  // ---- one position     qkv (B,3C)  keys, values (B,T,C)  y (B,C)

  /// Puts k and v to place `position` of the caches, then y = attention of q over the places up to
  /// it. Places behind it are not read.
  void attendStep(Tensor qkv, int heads, int position, Tensor keys, Tensor values, Tensor y);
}
