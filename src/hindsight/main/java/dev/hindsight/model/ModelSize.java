package dev.hindsight.model;

import dev.hindsight.backend.CausalAttention;
import dev.hindsight.error.UserException;

/// How large the sizes of a model may be, so that an option with a zero too many is one line.
/// [dev.hindsight.nn.Parameters] has a limit for all of them together.
public final class ModelSize {
  /// No square matrix of more fits [dev.hindsight.nn.Parameters#MOST].
  public static final int MOST_CHANNELS = 1 << 14;

  /// More than any model of images has.
  public static final int MOST_LAYERS = 1024;

  /// As many as ImageNet has.
  public static final int MOST_CLASSES = 1000;

  private static final int SMALLEST_KERNEL = 3; // a kernel of 1 has nothing before its centre
  private static final int LARGEST_KERNEL = 9;

  private ModelSize() {}

  /// Requires a size within bounds, else fails with one line.
  ///
  /// @param model its name, for the message
  /// @param option `layers`, or what the model calls them
  public static void require(String model, String option, int value, int least, int most) {
    if (value < least || value > most) {
      throw new UserException(
          "%s: --%s must be from %d to %d but is %d".formatted(model, option, least, most, value));
    }
  }

  /// Requires that many channels are possible.
  public static void requireChannels(String model, String option, int channels) {
    require(model, option, channels, 1, MOST_CHANNELS);
  }

  /// Requires that many layers are possible.
  public static void requireLayers(String model, String option, int layers) {
    require(model, option, layers, 1, MOST_LAYERS);
  }

  /// Requires that attention can have so many heads.
  ///
  /// @param option of the channels that they share
  public static void requireHeads(String model, String option, int channels, int heads) {
    require(
        heads >= 1 && channels % heads == 0,
        "%s: --heads must divide --%s %d but is %d".formatted(model, option, channels, heads));
    require(
        channels / heads <= CausalAttention.LARGEST_HEAD,
        "%s: a head may have %d channels at most but --%s %d has %d in each of --heads %d; raise --heads"
            .formatted(
                model, CausalAttention.LARGEST_HEAD, option, channels, channels / heads, heads));
  }

  private static void require(boolean holds, String message) {
    if (!holds) {
      throw new UserException(message);
    }
  }

  /// Requires that many classes are possible; 0 = none.
  public static void requireClasses(String model, int classes) {
    require(model, "classes", classes, 0, MOST_CLASSES);
  }

  /// Requires a kernel with a centre.
  ///
  /// @param kernel height and width
  public static void requireKernel(String model, int kernel) {
    if (kernel < SMALLEST_KERNEL || kernel > LARGEST_KERNEL || kernel % 2 == 0) {
      throw new UserException(
          "%s: --kernel must be odd and from %d to %d but is %d"
              .formatted(model, SMALLEST_KERNEL, LARGEST_KERNEL, kernel));
    }
  }
}
