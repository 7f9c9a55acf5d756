package dev.hindsight.image;

/// Fits a picture to a shape: of its middle that has the same proportions, each pixel is the mean
/// of the area that it covers. A picture of that size stays what it is.
public final class AreaMean {
  private AreaMean() {}

  /// Fits a picture.
  ///
  /// @param values (height·width) of the picture
  /// @return one for each pixel of the shape
  public static float[] of(float[] values, int height, int width, ImageShape to) {
    double scale = Math.min((double) height / to.height(), (double) width / to.width());
    double top = (height - scale * to.height()) / 2;
    double left = (width - scale * to.width()) / 2;
    float[] fitted = new float[to.pixels()];
    for (int p = 0; p < fitted.length; p++) {
      double y = top + scale * to.row(p);
      double x = left + scale * to.column(p);
      double sum = 0;
      for (int row = (int) y; row < Math.min(height, y + scale); row++) {
        double high = covered(row, y, scale);
        for (int column = (int) x; column < Math.min(width, x + scale); column++) {
          sum += high * covered(column, x, scale) * values[row * width + column];
        }
      }
      fitted[p] = (float) (sum / (scale * scale));
    }
    return fitted;
  }

  /// How much of a pixel of the picture lies between `from` and `from + length`.
  private static double covered(int pixel, double from, double length) {
    return Math.max(0, Math.min(pixel + 1, from + length) - Math.max(pixel, from));
  }
}
