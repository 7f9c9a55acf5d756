package dev.hindsight.model;

import dev.hindsight.error.UserException;

/// What the sizes of both PixelCNNs must be.
public final class ConvolutionSizes {
  private static final int SMALLEST_KERNEL = 3; // a kernel of 1 has nothing before its centre
  private static final int LARGEST_KERNEL = 9;

  private ConvolutionSizes() {}

  /// Requires valid sizes, else fails with one line.
  ///
  /// @param model its name, for the message
  /// @param kernel height and width
  /// @param parameters how many a model of these sizes has
  public static void require(String model, int filters, int layers, int kernel, double parameters) {
    if (filters < 1) {
      throw new UserException(
          "%s: --filters must be at least 1 but is %d".formatted(model, filters));
    }
    ModelSize.requireLayers(model, "layers", layers);
    if (kernel < SMALLEST_KERNEL || kernel > LARGEST_KERNEL || kernel % 2 == 0) {
      throw new UserException(
          "%s: --kernel must be odd and from %d to %d but is %d"
              .formatted(model, SMALLEST_KERNEL, LARGEST_KERNEL, kernel));
    }
    ModelSize.requireParameters(
        model, parameters, "--filters %d and --layers %d".formatted(filters, layers));
  }
}
