package dev.hindsight.model;

import dev.hindsight.backend.Backend;
import dev.hindsight.random.RandomKey;

/// The size of a [GatedPixelCnn].
///
/// @param filters channels of both stacks
/// @param layers blocks behind the first convolutions
/// @param kernel height and width of the kernels: 3, 5 or 7
public record GatedPixelCnnConfig(int filters, int layers, int kernel) implements ModelConfig {
  static final String NAME = "gated-pixelcnn";

  public GatedPixelCnnConfig {
    ConvolutionSizes.require(NAME, filters, layers, kernel);
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public GatedPixelCnn create(Backend backend, RandomKey key) {
    return new GatedPixelCnn(backend, this, key);
  }
}
