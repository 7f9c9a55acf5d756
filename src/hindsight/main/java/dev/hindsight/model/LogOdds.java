package dev.hindsight.model;

/// ln(p / (1 - p)), kept finite.
public final class LogOdds {
  private LogOdds() {}

  /// Of one probability.
  public static float of(double p) {
    double inside = Math.clamp(p, 1e-3, 1 - 1e-3);
    return (float) Math.log(inside / (1 - inside));
  }

  /// Of the mean of all pixels, for a model whose pixels share a bias.
  ///
  /// @param pixelMeans how often each of the 784 pixels is 1
  public static float ofMean(double[] pixelMeans) {
    double sum = 0;
    for (double p : pixelMeans) {
      sum += p;
    }
    return of(sum / pixelMeans.length);
  }
}
