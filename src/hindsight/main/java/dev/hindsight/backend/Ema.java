package dev.hindsight.backend;

import dev.hindsight.tensor.Tensor;

/// The exponential moving average of weights (Polyak & Juditsky 1992), over flat tensors, all
/// parameters at once. The laws of [Backend] hold.
public interface Ema {
  /// average = (1 - share)·average + share·w
  ///
  /// @param share of the new weights, in 0..1: 1 - decay
  void step(Tensor w, Tensor average, float share);
}
