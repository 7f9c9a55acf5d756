package dev.hindsight.model.gatedpixelcnn;

import dev.hindsight.backend.Backend;
import dev.hindsight.model.ConvolutionSizes;
import dev.hindsight.model.ModelConfig;
import dev.hindsight.random.RandomKey;

/// The size of a [GatedPixelCnn].
///
/// @param filters channels of both stacks
/// @param layers blocks behind the first convolutions
/// @param kernel height and width of the kernels: 3, 5 or 7
public record GatedPixelCnnConfig(int filters, int layers, int kernel) implements ModelConfig {
  public static final String NAME = "gated-pixelcnn";

  public GatedPixelCnnConfig {
    ConvolutionSizes.require(NAME, filters, layers, kernel, parameters(filters, layers, kernel));
  }

  /// How many parameters a model of these sizes has; too many for a long where sizes are absurd.
  public static double parameters(double filters, double layers, int kernel) {
    double window = kernel * kernel;
    double left = (kernel + 1) / 2.0; // the kernel is odd
    double above = left * kernel;
    double block = filters * (2 * filters * (above + left) + 5 * filters + 4);
    return filters * (above + window + 2) + layers * block + filters * window + 1;
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
