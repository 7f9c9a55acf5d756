package dev.hindsight.backend;

import dev.hindsight.tensor.Gradient;
import dev.hindsight.tensor.Tensor;

/// Pixels of a mixture of discretised logistics (Salimans et al. 2017, arXiv 1701.05517, sections
/// 2.1 and 2.2): its loss, in nats, and draws from it. The laws of [Backend] hold.
///
/// Component k has the probability π_k, the softmax of the logits, and is one for all channels of a
/// pixel. Given it, the number x_c of channel c has a logistic distribution around μ = mean_c +
/// Σ_{c'<c} tanh(coefficient_{c,c'})·x_{c'}, of scale s = exp(max(log scale, -7)). With a = (x_c +
/// h - μ) / s and b = (x_c - h - μ) / s the probability P_k(x_c) of a level is σ(a) - σ(b), but
/// σ(a) of the lowest and 1 - σ(b) of the highest: so they sum to 1. Where the paper takes a
/// density for small ones, they are computed as they are: log P = log(1 - e^(b - a)) - softplus(-a)
/// - softplus(b).
///
/// - logits (B,D/C,P), P = [Mixture#outputs] in the order that [Mixture] has; D/C may be several
///   axes
/// - target (B,D), channels last, each a whole number from 0 to levels - 1; any other gives NaN
/// - nll (B)
public interface LogisticMixture {
  /// `nll[b] = -Σ_pixels log Σ_k π_k·Π_c P_k(x_c)`
  void forward(Tensor logits, Tensor target, Mixture mixture, Tensor nll);

  /// dlogits += the gradient of scale·Σ nll
  void backward(Tensor logits, Tensor target, Mixture mixture, float scale, Gradient dlogits);

  /// `levelLogits[b,d,v] = log Σ_k exp(logit_k)·Π_{c'<c} P_k(x_{c'})·P_k(v)`, c = d mod C: what a
  /// softmax over the levels makes the distribution of a value, given the channels before it. A
  /// target that is no level gives NaN to the channels behind it.
  ///
  /// @param levelLogits (B,D,V), V = levels
  void levelLogits(Tensor logits, Tensor target, Mixture mixture, Tensor levelLogits);

  /// `pixels[n,d]` = the smallest level v with `uniform((first + n)·D + d) < F(v)`, for `from <= d
  /// < to`, where F(v) = Σ_k w_k·σ((x_v + h - μ) / (s·temperature)), and F(levels - 1) = 1, is the
  /// distribution of channel c = d mod C given the channels before it: w_k ∝ exp(logit_k /
  /// temperature)·Π_{c'<c} P_k(x_{c'}), of scale s·temperature, too. Those channels are read from
  /// `pixels`, where a call before or this one has drawn them. The uniforms are those of
  /// [Bernoulli].
  ///
  /// @param draw (6), [Draw#words]
  /// @param logits (N,D/C·P), in fp32
  /// @param from and `to` are values, not pixels
  /// @param pixels (N,D)
  void draw(
      Tensor draw,
      Tensor logits,
      float temperature,
      Mixture mixture,
      int from,
      int to,
      Tensor pixels);
}
