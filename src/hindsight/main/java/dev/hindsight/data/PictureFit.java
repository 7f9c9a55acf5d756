package dev.hindsight.data;

import dev.hindsight.format.Picture;
import dev.hindsight.image.AreaMean;
import dev.hindsight.image.ImageShape;

/// A picture as an image of a shape.
///
/// @param values D of them, 0 to 255
/// @param coloured whether any pixel is not grey
/// @param blank whether it is one plain colour although its opacity is not: strokes in the colour
///   of the background
@SuppressWarnings("ArrayRecordComponent") // nobody compares them
public record PictureFit(float[] values, boolean coloured, boolean blank) {
  private static final int RED = 299; // of 1,000; ITU-R BT.601, section 2.5.1
  private static final int GREEN = 587;
  private static final int BLUE = 114;
  private static final int OPAQUE = 255;
  private static final int WHITE = 255;

  /// Lays what is transparent on the background, takes the luma of each pixel where the shape has
  /// one channel, and fits the picture to the shape by [AreaMean].
  public static PictureFit of(Picture picture, ImageShape shape, PictureOptions options) {
    var rows = new Rows(picture, shape.channels() == 1, options);
    int height = picture.height();
    int width = picture.width();
    float[] values =
        switch (options.fit()) {
          case COVER -> AreaMean.of(rows, height, width, shape);
          case CONTAIN -> AreaMean.whole(rows, height, width, shape, rows.margin());
        };
    return new PictureFit(values, rows.coloured, rows.plain && rows.faintest < rows.strongest);
  }

  /// The negative: white where it is black.
  public PictureFit inverted() {
    float[] negative = new float[values.length];
    for (int k = 0; k < values.length; k++) {
      negative[k] = WHITE - values[k];
    }
    return new PictureFit(negative, coloured, blank);
  }

  /// The nearest whole number of each value, of two the smaller one.
  void bytes(byte[] out) {
    for (int k = 0; k < values.length; k++) {
      out[k] = (byte) Math.ceil(values[k] - 0.5f);
    }
  }

  /// Writes its levels, as a data set of such pictures would give them.
  public void levels(int levels, float[] out, int offset) {
    byte[] bytes = new byte[values.length];
    bytes(bytes);
    Levels.write(bytes, levels, out, offset);
  }

  private static final class Rows implements AreaMean.Rows {
    private final Picture picture;
    private final boolean grey;
    private final int[] background = new int[3];
    private final int[] rgba;
    private boolean coloured;
    private boolean plain = true; // one colour
    private int colour = -1; // of the first pixel
    private int faintest = OPAQUE;
    private int strongest;

    Rows(Picture picture, boolean grey, PictureOptions options) {
      this.picture = picture;
      this.grey = grey;
      this.rgba = new int[picture.width() * Picture.SAMPLES];
      for (int c = 0; c < background.length; c++) {
        background[c] = options.background(c);
      }
    }

    /// The background as pixels are.
    float[] margin() {
      float[] values = new float[background.length];
      write(background[0], background[1], background[2], values, 0);
      return values;
    }

    @Override
    public void read(int row, float[] values) {
      picture.row(row, rgba);
      for (int x = 0; x < picture.width(); x++) {
        int at = x * Picture.SAMPLES;
        int red = laid(at, 0);
        int green = laid(at, 1);
        int blue = laid(at, 2);
        coloured |= red != green || green != blue;
        write(red, green, blue, values, x);
        look(red << 16 | green << 8 | blue, rgba[at + 3]);
      }
    }

    private void write(int red, int green, int blue, float[] values, int x) {
      if (grey) {
        values[x] = (RED * red + GREEN * green + BLUE * blue) / 1000f;
      } else {
        values[3 * x] = red;
        values[3 * x + 1] = green;
        values[3 * x + 2] = blue;
      }
    }

    private void look(int laid, int opacity) {
      colour = colour < 0 ? laid : colour;
      plain &= laid == colour;
      faintest = Math.min(faintest, opacity);
      strongest = Math.max(strongest, opacity);
    }

    private int laid(int pixel, int colour) {
      int opacity = rgba[pixel + 3];
      int sum = rgba[pixel + colour] * opacity + background[colour] * (OPAQUE - opacity);
      return (sum + OPAQUE / 2) / OPAQUE;
    }
  }
}
