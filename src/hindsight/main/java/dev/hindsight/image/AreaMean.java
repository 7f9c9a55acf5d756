package dev.hindsight.image;

import java.util.Arrays;

/// Fits a picture to a shape: each pixel is the mean of the area that it covers, of the picture's
/// middle that has the same proportions, or of all of it with a margin. A picture of that size
/// stays what it is.
public final class AreaMean {
  private AreaMean() {}

  /// A picture whose rows are asked for from the top, each once.
  @FunctionalInterface
  public interface Rows {
    /// Writes the values of a row, (width·channels).
    void read(int row, float[] values);
  }

  /// Fits the middle of a picture.
  ///
  /// @param height of the picture, as `width`
  /// @param to its channels are those of the picture
  /// @return the D values of an image of the shape
  public static float[] of(Rows picture, int height, int width, ImageShape to) {
    double scale = Math.min((double) height / to.height(), (double) width / to.width());
    return of(picture, height, width, to, scale);
  }

  /// Fits all of a picture, in the middle of a margin.
  ///
  /// @param margin its colour, a value for each channel
  public static float[] whole(Rows picture, int height, int width, ImageShape to, float[] margin) {
    double scale = Math.max((double) height / to.height(), (double) width / to.width());
    float[] fitted = of(picture, height, width, to, scale);
    double top = (height - scale * to.height()) / 2;
    double left = (width - scale * to.width()) / 2;
    for (int value = 0; value < fitted.length; value++) {
      int pixel = value / to.channels();
      double high = covered(0, height, top + scale * to.row(pixel), scale);
      double wide = covered(0, width, left + scale * to.column(pixel), scale);
      double share = Math.clamp(1 - high / scale * (wide / scale), 0, 1);
      fitted[value] += (float) (share * margin[value % to.channels()]);
    }
    return fitted;
  }

  /// @param scale pixels of the picture to one of the shape
  private static float[] of(Rows picture, int height, int width, ImageShape to, double scale) {
    double top = (height - scale * to.height()) / 2;
    double left = (width - scale * to.width()) / 2;
    int each = to.width() * to.channels();
    double[] sums = new double[to.values()];
    float[] values = new float[width * to.channels()];
    double[] narrowed = new double[each];
    for (int row = Math.max(0, (int) top);
        row < Math.min(height, top + scale * to.height());
        row++) {
      picture.read(row, values);
      narrow(values, width, left, scale, to, narrowed);
      int first = Math.max(0, (int) ((row - top) / scale) - 1);
      for (int y = first; y < to.height() && top + scale * y < row + 1; y++) {
        double high = covered(row, row + 1, top + scale * y, scale);
        for (int k = 0; k < each; k++) {
          sums[y * each + k] += high * narrowed[k];
        }
      }
    }
    float[] fitted = new float[sums.length];
    for (int k = 0; k < fitted.length; k++) {
      fitted[k] = (float) (sums[k] / (scale * scale));
    }
    return fitted;
  }

  /// Adds up, for each column of the shape, the values of a row that it covers.
  private static void narrow(
      float[] values, int width, double left, double scale, ImageShape to, double[] narrowed) {
    int channels = to.channels();
    Arrays.fill(narrowed, 0);
    for (int x = 0; x < to.width(); x++) {
      double from = left + scale * x;
      for (int column = Math.max(0, (int) from); column < Math.min(width, from + scale); column++) {
        double wide = covered(column, column + 1, from, scale);
        for (int c = 0; c < channels; c++) {
          narrowed[x * channels + c] += wide * values[column * channels + c];
        }
      }
    }
  }

  /// How much of what lies from `first` to `last` lies between `from` and `from + length`.
  private static double covered(int first, int last, double from, double length) {
    return Math.max(0, Math.min(last, from + length) - Math.max(first, from));
  }
}
