package dev.hindsight.backend;

import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// The optimiser (Kingma & Ba 2015), over flat tensors, all parameters at once. The laws of
/// [Backend] hold.
public interface Adam {
  /// Adam in one pass. Consumes the gradient: it is zero afterwards, ready for the next step.
  ///
  /// @param norm (1), the gradient's norm; needed only when the rule clips
  /// @param numbers (4), [AdamStep#numbers]
  /// @param live where any of the weights exist; null where all do. The others, zeros in all
  ///   tensors, may be left alone
  void step(
      FlatParameters p,
      @Nullable Tensor norm,
      Tensor numbers,
      AdamRule rule,
      @Nullable LiveChunks live);

  /// out (1) = √Σ x²
  void norm(Tensor x, Tensor out);
}
