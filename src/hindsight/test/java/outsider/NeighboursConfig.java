package outsider;

import dev.hindsight.backend.Backend;
import dev.hindsight.image.ImageShape;
import dev.hindsight.model.ModelConfig;
import dev.hindsight.random.RandomKey;

/// The size of a [Neighbours].
///
/// @param channels between its two layers
/// @param reach how many pixels before its own a logit sees
record NeighboursConfig(ImageShape shape, int channels, int reach) implements ModelConfig {
  NeighboursConfig {
    if (channels < 1 || reach < 1) {
      throw new IllegalArgumentException(
          "neighbours: channels and reach must be at least 1 but are %d and %d"
              .formatted(channels, reach));
    }
  }

  @Override
  public String name() {
    return "neighbours";
  }

  @Override
  public Neighbours create(Backend backend, RandomKey key) {
    return new Neighbours(backend, this, key);
  }
}
