package dev.hindsight.model.pixelcnn;

import dev.hindsight.backend.Backend;
import dev.hindsight.error.UserException;
import dev.hindsight.image.ImageShape;
import dev.hindsight.model.Head;
import dev.hindsight.model.ModelConfig;
import dev.hindsight.model.ModelSize;
import dev.hindsight.random.RandomKey;

/// The size of a [PixelCnn].
///
/// @param shape of the images
/// @param head what the outputs mean
/// @param classes how many it is conditioned on, 0 = none
/// @param filters channels of every layer
/// @param layers convolutions behind the first
/// @param kernel height and width of their kernels: 3, 5, 7 or 9
/// @param residualBlocks blocks of the paper's figure 5 behind the layers, which work on half of
///   the channels with a kernel of 3; of layers and blocks there must be one
/// @param positions whether a [dev.hindsight.nn.PixelEmbedding] is added to the first convolution
public record PixelCnnConfig(
    ImageShape shape,
    Head head,
    int classes,
    int filters,
    int layers,
    int kernel,
    int residualBlocks,
    boolean positions)
    implements ModelConfig {
  public static final String NAME = "pixelcnn";

  public PixelCnnConfig {
    head.requireFit(shape);
    ModelSize.requireClasses(NAME, classes);
    if (residualBlocks < 0) {
      throw new UserException(
          "pixelcnn: --residual-blocks must be at least 0 but is " + residualBlocks);
    }
    if (residualBlocks > 0 && filters % 2 != 0) {
      throw new UserException(
          "pixelcnn: --filters must be even where there are --residual-blocks but is " + filters);
    }
    ModelSize.requireChannels(NAME, "filters", filters);
    ModelSize.requireLayers(NAME, "layers", layers < 0 ? layers : layers + residualBlocks);
    ModelSize.requireKernel(NAME, kernel);
  }

  /// With the usual head and no classes.
  public PixelCnnConfig(
      ImageShape shape,
      int filters,
      int layers,
      int kernel,
      int residualBlocks,
      boolean positions) {
    this(shape, Head.of(shape), 0, filters, layers, kernel, residualBlocks, positions);
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
