package dev.hindsight.model.gatedpixelcnn;

import dev.hindsight.backend.Backend;
import dev.hindsight.image.ImageShape;
import dev.hindsight.model.Head;
import dev.hindsight.model.ModelConfig;
import dev.hindsight.model.ModelSize;
import dev.hindsight.random.RandomKey;

/// The size of a [GatedPixelCnn].
///
/// @param shape of the images
/// @param head what the outputs mean
/// @param classes how many it is conditioned on, 0 = none
/// @param filters channels of both stacks
/// @param layers blocks behind the first convolutions
/// @param kernel height and width of the kernels: 3, 5, 7 or 9
/// @param skip whether each block has a skip connection to the output
/// @param positions whether a [dev.hindsight.nn.PixelEmbedding] is added to the first convolution
///   of both stacks
public record GatedPixelCnnConfig(
    ImageShape shape,
    Head head,
    int classes,
    int filters,
    int layers,
    int kernel,
    boolean skip,
    boolean positions)
    implements ModelConfig {
  public static final String NAME = "gated-pixelcnn";

  public GatedPixelCnnConfig {
    head.requireFit(shape);
    ModelSize.requireClasses(NAME, classes);
    ModelSize.requireChannels(NAME, "filters", filters);
    ModelSize.requireLayers(NAME, "layers", layers);
    ModelSize.requireKernel(NAME, kernel);
  }

  /// With the usual head and no classes.
  public GatedPixelCnnConfig(
      ImageShape shape, int filters, int layers, int kernel, boolean skip, boolean positions) {
    this(shape, Head.of(shape), 0, filters, layers, kernel, skip, positions);
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
