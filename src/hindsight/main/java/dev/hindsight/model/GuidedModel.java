package dev.hindsight.model;

import dev.hindsight.ops.Ops;
import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// What classifier-free guidance draws from (Ho & Salimans 2022, arXiv 2207.12598): each value by
/// (1 + W) times the logits of the image's class less W times those without one. That is a
/// distribution of images like any other, so their likelihood under it is exact.
///
/// @param model of classes, which stays whoever's it was
/// @param guidance W; 0 = the model itself
public record GuidedModel(AutoregressiveModel model, float guidance) implements ModelView {
  public GuidedModel {
    if (guidance > 0) {
      requireLogits(model.config());
    }
  }

  /// Fails where outputs are no logits, which could be added.
  public static void requireLogits(ModelConfig config) {
    if (!config.head().byChannel()) {
      throw new IllegalArgumentException(
          "sampler: guidance wants a logit for each level, and the head %s has none"
              .formatted(config.head().describe()));
    }
  }

  @Override
  public Tensor logits(Ops ops, Tensor pixels) {
    return model.logits(ops, pixels);
  }

  @Override
  public Tensor logits(Ops ops, Tensor pixels, @Nullable Tensor labels) {
    Tensor of = model.logits(ops, pixels, labels);
    if (guidance == 0 || labels == null) {
      return of;
    }
    Tensor without = model.logits(ops, pixels, null);
    return ops.add(ops.rescale(of, 1 + guidance, 0), ops.rescale(without, -guidance, 0));
  }
}
