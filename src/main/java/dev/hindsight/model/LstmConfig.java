package dev.hindsight.model;

import dev.hindsight.backend.Backend;
import dev.hindsight.error.UserException;
import dev.hindsight.random.RandomKey;

/// The size of an [Lstm].
///
/// @param hidden units of a layer
/// @param layers one on top of the other
public record LstmConfig(int hidden, int layers) implements ModelConfig {
  static final String NAME = "lstm";

  /// 4·H·H weights must fit an array.
  private static final int MOST_HIDDEN = 16384;

  public LstmConfig {
    if (hidden < 1 || hidden > MOST_HIDDEN) {
      throw new UserException(
          "lstm: --hidden must be from 1 to %d but is %d".formatted(MOST_HIDDEN, hidden));
    }
    if (layers < 1) {
      throw new UserException("lstm: --layers must be at least 1 but is %d".formatted(layers));
    }
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
