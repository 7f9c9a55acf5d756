package dev.hindsight.backend;

import dev.hindsight.tensor.Gradient;
import dev.hindsight.tensor.Tensor;

/// The loss of one of V classes, in nats. The laws of [Backend] hold.
///
/// - logits (N,V), finite
/// - target (N), each a whole number from 0 to V - 1; any other gives NaN
/// - nll (N)
public interface SoftmaxCrossEntropy {
  /// `nll[n] = log Σ_v exp(l[n,v]) - l[n,t[n]]`
  void forward(Tensor logits, Tensor target, Tensor nll);

  /// dlogits += scale·(softmax(l) - onehot(t)), the gradient of scale·Σ nll
  void backward(Tensor logits, Tensor target, float scale, Gradient dlogits);
}
