package dev.hindsight.model.lstm;

import dev.hindsight.backend.Backend;
import dev.hindsight.image.ImageShape;
import dev.hindsight.model.Head;
import dev.hindsight.model.ModelConfig;
import dev.hindsight.model.ModelSize;
import dev.hindsight.random.RandomKey;

/// The size of an [Lstm].
///
/// @param shape of the images
/// @param head what the outputs mean
/// @param classes how many it is conditioned on, 0 = none
/// @param hidden units of a layer
/// @param layers one on top of the other
public record LstmConfig(ImageShape shape, Head head, int classes, int hidden, int layers)
    implements ModelConfig {
  public static final String NAME = "lstm";

  public LstmConfig {
    head.requireFit(shape);
    ModelSize.requireClasses(NAME, classes);
    ModelSize.requireChannels(NAME, "hidden", hidden);
    ModelSize.requireLayers(NAME, "layers", layers);
  }

  /// With the usual head and no classes.
  public LstmConfig(ImageShape shape, int hidden, int layers) {
    this(shape, Head.of(shape), 0, hidden, layers);
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public Lstm create(Backend backend, RandomKey key) {
    return new Lstm(backend, this, key);
  }
}
