package dev.hindsight.model.gatedpixelcnn;

import dev.hindsight.backend.Backend;
import dev.hindsight.model.ConvolutionSizes;
import dev.hindsight.model.ModelConfig;
import dev.hindsight.nn.PixelEmbedding;
import dev.hindsight.random.RandomKey;

/// The size of a [GatedPixelCnn].
///
/// @param filters channels of both stacks
/// @param layers blocks behind the first convolutions
/// @param kernel height and width of the kernels: 3, 5, 7 or 9
/// @param skip whether each block has a skip connection to the output
/// @param positions whether a [PixelEmbedding] is added to the first convolution of both stacks
public record GatedPixelCnnConfig(
    int filters, int layers, int kernel, boolean skip, boolean positions) implements ModelConfig {
  public static final String NAME = "gated-pixelcnn";

  public GatedPixelCnnConfig {
    double skips = skip ? (double) layers * filters * (filters + 1.0) : 0;
    double embedding = positions ? PixelEmbedding.parameters(filters) : 0;
    ConvolutionSizes.require(
        NAME, filters, layers, kernel, parameters(filters, layers, kernel) + skips + embedding);
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
