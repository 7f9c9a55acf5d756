package dev.hindsight.model;

import dev.hindsight.error.UserException;

/// How large a model may be, so that an option with a zero too many is one line and not an array
/// that fits no memory.
final class ModelSize {
  /// Values, gradients and Adam's two moments of this many take 4 GiB.
  static final long MOST_PARAMETERS = 1L << 28;

  /// More than any model of images has.
  static final int MOST_LAYERS = 1024;

  private ModelSize() {}

  /// @param option `layers`, or what the model calls them
  static void requireLayers(String model, String option, int layers) {
    if (layers < 1) {
      throw new UserException(
          "%s: --%s must be at least 1 but is %d".formatted(model, option, layers));
    }
    if (layers > MOST_LAYERS) {
      throw new UserException(
          "%s: --%s must be at most %d but is %d".formatted(model, option, MOST_LAYERS, layers));
    }
  }

  /// @param parameters how many there would be, which may be more than a long holds
  /// @param options that decide it, with their values
  static void requireParameters(String model, double parameters, String options) {
    if (parameters > MOST_PARAMETERS) {
      throw new UserException(
          "%s: %s would be %.0f million parameters but %d million is the most; make it smaller"
              .formatted(model, options, Math.ceil(parameters / 1e6), MOST_PARAMETERS / 1_000_000));
    }
  }
}
