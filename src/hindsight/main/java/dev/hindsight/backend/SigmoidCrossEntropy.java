package dev.hindsight.backend;

import dev.hindsight.tensor.Gradient;
import dev.hindsight.tensor.Tensor;

/// The loss of independent Bernoulli pixels, in nats. The laws of [Backend] hold.
///
/// - logits, target (N,D)
/// - nll (N)
public interface SigmoidCrossEntropy {
  /// `nll[n] = Σ_d softplus(l) - l·t`
  void forward(Tensor logits, Tensor target, Tensor nll);

  /// dlogits += scale·(σ(l) - t), the gradient of scale·Σ nll
  void backward(Tensor logits, Tensor target, float scale, Gradient dlogits);
}
