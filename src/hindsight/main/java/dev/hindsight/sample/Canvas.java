package dev.hindsight.sample;

import dev.hindsight.model.ModelConfig;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;

/// What a sampler draws on.
///
/// @param pixels (B,D)
/// @param logits (B,D·P)
public record Canvas(Tensor pixels, Tensor logits) {
  /// Room for `count` images, with anything in it.
  static Canvas in(Scope scope, int count, ModelConfig config) {
    return new Canvas(
        scope.floats(count, config.shape().values()), scope.floats(count, config.outputs()));
  }
}
