package dev.hindsight.model.pixelsnail;

import dev.hindsight.backend.Backend;
import dev.hindsight.image.ImageShape;
import dev.hindsight.model.Head;
import dev.hindsight.model.ModelConfig;
import dev.hindsight.model.ModelSize;
import dev.hindsight.random.RandomKey;

/// The size of a [PixelSnail].
///
/// @param shape of the images
/// @param head what the outputs mean
/// @param classes how many it is conditioned on, 0 = none
/// @param filters channels, a multiple of `heads`
/// @param blocks each of gated residual blocks and an attention
/// @param residualBlocks of each block
/// @param kernel height and width of the convolutions: 3, 5, 7 or 9
/// @param heads attentions side by side, each over `filters / heads` channels
public record PixelSnailConfig(
    ImageShape shape,
    Head head,
    int classes,
    int filters,
    int blocks,
    int residualBlocks,
    int kernel,
    int heads)
    implements ModelConfig {
  public static final String NAME = "pixel-snail";

  public PixelSnailConfig {
    head.requireFit(shape);
    ModelSize.requireClasses(NAME, classes);
    ModelSize.requireChannels(NAME, "filters", filters);
    ModelSize.requireLayers(NAME, "blocks", blocks);
    ModelSize.require(NAME, "residual-blocks", residualBlocks, 0, ModelSize.MOST_LAYERS);
    ModelSize.requireKernel(NAME, kernel);
    ModelSize.requireHeads(NAME, "filters", filters, heads);
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public PixelSnail create(Backend backend, RandomKey key) {
    return new PixelSnail(backend, this, key);
  }
}
