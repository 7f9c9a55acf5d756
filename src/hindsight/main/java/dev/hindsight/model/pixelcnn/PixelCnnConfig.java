package dev.hindsight.model.pixelcnn;

import dev.hindsight.backend.Backend;
import dev.hindsight.model.ConvolutionSizes;
import dev.hindsight.model.ModelConfig;
import dev.hindsight.random.RandomKey;

/// The size of a [PixelCnn].
///
/// @param filters channels of every layer
/// @param layers convolutions behind the first
/// @param kernel height and width of their kernels: 3, 5 or 7
public record PixelCnnConfig(int filters, int layers, int kernel) implements ModelConfig {
  public static final String NAME = "pixelcnn";

  public PixelCnnConfig {
    ConvolutionSizes.require(NAME, filters, layers, kernel, parameters(filters, layers, kernel));
  }

  /// How many parameters a model of these sizes has; too many for a long where sizes are absurd.
  public static double parameters(double filters, double layers, double kernel) {
    double window = kernel * kernel;
    double layer = filters * (window * filters + 3);
    return filters * (window + 1) + layers * layer + filters * (filters + 2) + 1;
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public PixelCnn create(Backend backend, RandomKey key) {
    return new PixelCnn(backend, this, key);
  }
}
