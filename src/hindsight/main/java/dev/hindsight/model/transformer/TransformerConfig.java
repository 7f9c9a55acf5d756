package dev.hindsight.model.transformer;

import dev.hindsight.backend.Backend;
import dev.hindsight.error.UserException;
import dev.hindsight.image.ImageShape;
import dev.hindsight.model.Head;
import dev.hindsight.model.ModelConfig;
import dev.hindsight.model.ModelSize;
import dev.hindsight.random.RandomKey;

/// The size of a [Transformer].
///
/// @param shape of the images
/// @param head what the outputs mean
/// @param classes how many it is conditioned on, 0 = none
/// @param width channels of a position, a multiple of `heads`
/// @param layers blocks of attention and perceptron
/// @param heads attentions side by side, each over `width / heads` channels
/// @param dropout share of activations that training drops
public record TransformerConfig(
    ImageShape shape, Head head, int classes, int width, int layers, int heads, float dropout)
    implements ModelConfig {
  public static final String NAME = "transformer";

  public TransformerConfig {
    head.requireFit(shape);
    ModelSize.requireClasses(NAME, classes);
    ModelSize.requireChannels(NAME, "width", width);
    ModelSize.requireLayers(NAME, "layers", layers);
    ModelSize.requireHeads(NAME, "width", width, heads);
    if (!(0 <= dropout && dropout < 1)) {
      throw new UserException(
          NAME + ": --dropout must be at least 0 and below 1 but is " + dropout);
    }
  }

  /// With the usual head and no classes.
  public TransformerConfig(ImageShape shape, int width, int layers, int heads, float dropout) {
    this(shape, Head.of(shape), 0, width, layers, heads, dropout);
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public Transformer create(Backend backend, RandomKey key) {
    return new Transformer(backend, this, key);
  }
}
