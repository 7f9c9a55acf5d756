package dev.hindsight.model;

import dev.hindsight.backend.Backend;
import dev.hindsight.random.RandomKey;

/// The shape of a [Made].
///
/// @param hidden width of each hidden layer
/// @param layers number of hidden layers
/// @param degreeSeed seed of the hidden units' degrees; the same seed gives the same connectivity
public record MadeConfig(int hidden, int layers, long degreeSeed) implements ModelConfig {
  public MadeConfig {
    if (hidden < 1 || layers < 1) {
      throw new IllegalArgumentException(
          "made: needs at least one hidden layer of one unit but got %d of %d"
              .formatted(layers, hidden));
    }
  }

  /// The seed's size, 784-1024-1024-1024-784.
  public static MadeConfig seed() {
    return new MadeConfig(1024, 3, 0);
  }

  @Override
  public String name() {
    return "made";
  }

  @Override
  public AutoregressiveModel create(Backend backend, RandomKey key) {
    return new Made(backend, this, key);
  }
}
