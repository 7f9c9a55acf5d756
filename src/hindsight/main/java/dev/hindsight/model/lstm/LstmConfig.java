package dev.hindsight.model.lstm;

import dev.hindsight.backend.Backend;
import dev.hindsight.error.UserException;
import dev.hindsight.model.ModelConfig;
import dev.hindsight.model.ModelSize;
import dev.hindsight.random.RandomKey;

/// The size of an [Lstm].
///
/// @param hidden units of a layer
/// @param layers one on top of the other
public record LstmConfig(int hidden, int layers) implements ModelConfig {
  public static final String NAME = "lstm";

  /// 4·H·H weights must fit an array.
  private static final int MOST_HIDDEN = 16384;

  public LstmConfig {
    if (hidden < 1 || hidden > MOST_HIDDEN) {
      throw new UserException(
          "lstm: --hidden must be from 1 to %d but is %d".formatted(MOST_HIDDEN, hidden));
    }
    ModelSize.requireLayers(NAME, "layers", layers);
    ModelSize.requireParameters(
        NAME, parameters(hidden, layers), "--hidden %d and --layers %d".formatted(hidden, layers));
  }

  /// How many parameters a model of these sizes has; too many for a long where sizes are absurd.
  public static double parameters(double hidden, double layers) {
    double first = 4 * hidden * (hidden + 5);
    return first + (layers - 1) * 4 * hidden * (2 * hidden + 2) + hidden + 1;
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
