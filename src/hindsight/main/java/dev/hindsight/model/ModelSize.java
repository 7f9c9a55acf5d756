package dev.hindsight.model;

import dev.hindsight.error.UserException;

/// How large a model may be, so that an option with a zero too many is one line and not an array
/// that fits no memory.
public final class ModelSize {
  /// Values, gradients and Adam's two moments of this many take 4 GiB.
  public static final long MOST_PARAMETERS = 1L << 28;

  /// More than any model of images has.
  public static final int MOST_LAYERS = 1024;

  private ModelSize() {}

  /// Fails with one line where there are fewer than 1 or more than [#MOST_LAYERS].
  ///
  /// @param model its name, for the message
  /// @param option `layers`, or what the model calls them
  public static void requireLayers(String model, String option, int layers) {
    if (layers < 1) {
      throw new UserException(
          "%s: --%s must be at least 1 but is %d".formatted(model, option, layers));
    }
    if (layers > MOST_LAYERS) {
      throw new UserException(
          "%s: --%s must be at most %d but is %d".formatted(model, option, MOST_LAYERS, layers));
    }
  }

  /// Fails with one line where there are more than [#MOST_PARAMETERS].
  ///
  /// @param model its name, for the message
  /// @param parameters how many there would be, which may be more than a long holds
  /// @param options that decide it, with their values
  public static void requireParameters(String model, double parameters, String options) {
    if (parameters > MOST_PARAMETERS) {
      throw new UserException(
          "%s: %s would be %.0f million parameters but %d million is the most; make it smaller"
              .formatted(model, options, Math.ceil(parameters / 1e6), MOST_PARAMETERS / 1_000_000));
    }
  }
}
