package dev.hindsight.backend;

import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// The loss of independent Bernoulli pixels, in nats. The laws of [Backend] hold.
///
/// - logits, target (N,D)
/// - nll (N)
public interface SigmoidCrossEntropy {
  /// nll[n] = Σ_d softplus(l) - l·t, and, when `dlogits` is given, dlogits += scale·(σ(l) - t).
  void forward(Tensor logits, Tensor target, float scale, Tensor nll, @Nullable Tensor dlogits);
}
