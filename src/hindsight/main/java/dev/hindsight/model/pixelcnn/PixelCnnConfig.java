package dev.hindsight.model.pixelcnn;

import dev.hindsight.backend.Backend;
import dev.hindsight.error.UserException;
import dev.hindsight.model.ConvolutionSizes;
import dev.hindsight.model.ModelConfig;
import dev.hindsight.nn.PixelEmbedding;
import dev.hindsight.random.RandomKey;

/// The size of a [PixelCnn].
///
/// @param filters channels of every layer
/// @param layers convolutions behind the first
/// @param kernel height and width of their kernels: 3, 5, 7 or 9
/// @param residualBlocks blocks of the paper's figure 5 behind the layers, which work on half of
///   the channels with a kernel of 3; of layers and blocks there must be one
/// @param positions whether a [PixelEmbedding] is added to the first convolution
public record PixelCnnConfig(
    int filters, int layers, int kernel, int residualBlocks, boolean positions)
    implements ModelConfig {
  public static final String NAME = "pixelcnn";

  public PixelCnnConfig {
    if (residualBlocks < 0) {
      throw new UserException(
          "pixelcnn: --residual-blocks must be at least 0 but is " + residualBlocks);
    }
    if (residualBlocks > 0 && filters % 2 != 0) {
      throw new UserException(
          "pixelcnn: --filters must be even where there are --residual-blocks but is " + filters);
    }
    ConvolutionSizes.require(
        NAME,
        filters,
        layers < 0 ? layers : layers + residualBlocks,
        kernel,
        parameters(filters, layers, kernel)
            + blockParameters(filters, residualBlocks)
            + (positions ? PixelEmbedding.parameters(filters) : 0));
  }

  private static double blockParameters(double filters, double blocks) {
    double half = filters / 2;
    return blocks * (half * (filters + 1) + half * (9 * half + 1) + filters * (half + 1));
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
