package dev.hindsight.model;

/// ln(p / (1 - p)), kept finite.
final class LogOdds {
  private LogOdds() {}

  /// Of pixels.
  ///
  /// @param pixelMeans how often each is 1
  /// @param count one of each, or 1, that of the mean of all
  static float[] ofMeans(double[] pixelMeans, int count) {
    double[] means = count == 1 ? new double[] {mean(pixelMeans)} : pixelMeans;
    if (means.length != count) {
      throw new IllegalArgumentException(
          "bias: wanted 1 number or one for each of %d pixels, got %d"
              .formatted(pixelMeans.length, count));
    }
    float[] odds = new float[count];
    for (int i = 0; i < count; i++) {
      double p = Math.clamp(means[i], 1e-3, 1 - 1e-3);
      odds[i] = (float) Math.log(p / (1 - p));
    }
    return odds;
  }

  private static double mean(double[] values) {
    double sum = 0;
    for (double value : values) {
      sum += value;
    }
    return sum / values.length;
  }
}
