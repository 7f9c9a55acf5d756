package dev.hindsight.backend;

import dev.hindsight.tensor.Gradient;
import dev.hindsight.tensor.Tensor;

/// The loss of values that are each one of V classes, in nats. The laws of [Backend] hold.
///
/// - logits (B,D,V), finite; (B,V) where each has one value, and D may be several axes
/// - target (B,D), each a whole number from 0 to V - 1; any other gives NaN
/// - nll (B)
public interface SoftmaxCrossEntropy {
  /// `nll[b] = Σ_d (log Σ_v exp(l[b,d,v]) - l[b,d,t[b,d]])`
  void forward(Tensor logits, Tensor target, Tensor nll);

  /// dlogits += scale·(softmax(l) - onehot(t)), the gradient of scale·Σ nll
  void backward(Tensor logits, Tensor target, float scale, Gradient dlogits);
}
