package dev.hindsight.backend;

import dev.hindsight.tensor.Gradient;
import dev.hindsight.tensor.Tensor;

/// Attention that only looks back. Elements above the diagonal are neither computed, read nor
/// written. The laws of [Backend] hold.
///
/// - qkv (B,T,3C): q, then k, then v, in each the heads side by side
/// - y (B,T,C)
/// - lse (B,H,T)
public interface CausalAttention {
  /// The widest head that every backend can do.
  int LARGEST_HEAD = 128;

  /// Softmax attention of every position over itself and those before it, scores divided by the
  /// root of a head's width. No (T,T) tensor is made: only the logarithm `lse` of each row's sum is
  /// kept (Dao et al. 2022, arXiv 2205.14135).
  void forward(Tensor qkv, int heads, Tensor y, Tensor lse);

  /// dqkv += the gradient of [#forward]
  ///
  /// @param delta (B,H,T), working memory: receives Σ y·dy over each head
  void backward(
      Tensor qkv, int heads, Tensor y, Tensor lse, Tensor dy, Tensor delta, Gradient dqkv);

  /// `p[n,i,j] = exp(scale·s[n,i,j]) / Σ_{j' <= i} exp(scale·s[n,i,j'])` for j <= i; places above
  /// the diagonal are not touched. A row of nothing but -∞ gives zeros. No model calls this: it is
  /// the law that `verify` holds [#forward] and [#backward] against.
  ///
  /// @param scores (N,T,T), lower triangle
  /// @param p (N,T,T)
  void triangularSoftmax(Tensor scores, float scale, Tensor p);

  /// dscores += the gradient of [#triangularSoftmax], lower triangle only
  void triangularSoftmaxBackward(Tensor p, float scale, Tensor dp, Tensor dscores);

  /// One position: puts k and v to place `position` of the caches, then y = attention of q over the
  /// places up to it. Places behind it are not read.
  ///
  /// @param qkv (B,3C)
  /// @param keys (B,T,C); `values` likewise
  /// @param y (B,C)
  void attendStep(Tensor qkv, int heads, int position, Tensor keys, Tensor values, Tensor y);
}
