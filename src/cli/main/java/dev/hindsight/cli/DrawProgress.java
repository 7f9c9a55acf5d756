package dev.hindsight.cli;

import dev.hindsight.train.Progress;
import dev.hindsight.train.ProgressBar;
import java.util.Locale;

/// Where the drawing of images is.
///
/// @param images drawn so far, those that are half drawn by half
/// @param count how many there will be
/// @param seconds since the first began
record DrawProgress(double images, int count, double seconds) implements ProgressBar.Shown {
  /// Of all images: before, the time left would be a guess from the first pixels.
  private static final double LEAST_TOLD = 0.02;

  /// While `batch` images after the `first` are drawn as far as `part`, from 0 to 1.
  static DrawProgress at(int first, int batch, double part, int count, long began) {
    double images = first + batch * part;
    return new DrawProgress(Math.min(images, count), count, (System.nanoTime() - began) / 1e9);
  }

  @Override
  public String line() {
    double perSecond = images / seconds;
    boolean begun = images >= LEAST_TOLD * count;
    return String.format(
        Locale.ROOT,
        "%.0f%% of %d images  %.1f images/s  %s left",
        100 * images / count,
        count,
        perSecond,
        Progress.duration(begun ? (count - images) / perSecond : Double.POSITIVE_INFINITY));
  }
}
