package dev.hindsight.model;

/// ln(p / (1 - p)), kept finite.
final class LogOdds {
  private LogOdds() {}

  /// Of the values of an image.
  ///
  /// @param means how often each is 1
  /// @param count one of each; or fewer, those of the mean of every `count`-th: of 1, of all
  static float[] ofMeans(double[] means, int count) {
    if (count > means.length || means.length % count != 0) {
      throw new IllegalArgumentException(
          "bias: wanted a number for each of %d values, or as many for each pixel, got %d"
              .formatted(means.length, count));
    }
    float[] odds = new float[count];
    for (int i = 0; i < count; i++) {
      odds[i] = of(mean(means, i, count));
    }
    return odds;
  }

  static float of(double mean) {
    double p = Math.clamp(mean, 1e-3, 1 - 1e-3);
    return (float) Math.log(p / (1 - p));
  }

  private static double mean(double[] values, int from, int step) {
    double sum = 0;
    for (int i = from; i < values.length; i += step) {
      sum += values[i];
    }
    int count = values.length / step;
    return sum / count;
  }
}
