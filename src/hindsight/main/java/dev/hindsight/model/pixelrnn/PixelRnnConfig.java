package dev.hindsight.model.pixelrnn;

import dev.hindsight.backend.Backend;
import dev.hindsight.image.ImageShape;
import dev.hindsight.model.Head;
import dev.hindsight.model.ModelConfig;
import dev.hindsight.model.ModelSize;
import dev.hindsight.nn.ImageLstm.Kind;
import dev.hindsight.random.RandomKey;

/// The size of a [PixelRnn].
///
/// @param shape of the images
/// @param head what the outputs mean
/// @param classes how many it is conditioned on, 0 = none
/// @param hidden units of a pixel in a layer; between the layers it has twice as many channels
/// @param layers LSTMs behind the first convolution
/// @param lstm what they are: Row LSTMs or Diagonal BiLSTMs
public record PixelRnnConfig(
    ImageShape shape, Head head, int classes, int hidden, int layers, Kind lstm)
    implements ModelConfig {
  public static final String NAME = "pixel-rnn";

  public PixelRnnConfig {
    head.requireFit(shape);
    ModelSize.requireClasses(NAME, classes);
    ModelSize.requireChannels(NAME, "hidden", hidden);
    ModelSize.requireLayers(NAME, "layers", layers);
  }

  /// With the usual head and no classes.
  public PixelRnnConfig(ImageShape shape, int hidden, int layers, Kind lstm) {
    this(shape, Head.of(shape), 0, hidden, layers, lstm);
  }

  /// The same, of Row LSTMs.
  public PixelRnnConfig(ImageShape shape, int hidden, int layers) {
    this(shape, hidden, layers, Kind.ROW);
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public PixelRnn create(Backend backend, RandomKey key) {
    return new PixelRnn(backend, this, key);
  }
}
