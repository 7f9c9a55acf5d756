package dev.hindsight.sample;

import dev.hindsight.error.UserException;
import dev.hindsight.format.AtomicFile;
import dev.hindsight.format.GreyPng;
import dev.hindsight.image.ImageShape;
import java.nio.file.Path;
import java.util.Arrays;

/// Images side by side in one grey PNG, row by row, with thin grey gaps.
///
/// @param shape of an image
/// @param columns images in a row
/// @param scale pixels of the sheet per pixel of an image, in each direction
/// @param gap pixels of the sheet between images and around them
public record ImageSheet(ImageShape shape, int columns, int scale, int gap) {
  private static final byte GAP_GREY = 96;

  private static final int SCALE = 4;
  private static final int GAP = 2;
  private static final int LONG_SIDE = 512; // of an image on the sheet
  private static final long MOST_PIXELS = 1L << 28; // a larger sheet is nothing that one can open

  /// Five in a row, four times as large.
  public static ImageSheet of(ImageShape shape) {
    return of(shape, 5);
  }

  /// So many in a row, four times as large, or less where the image is large itself.
  public static ImageSheet of(ImageShape shape, int columns) {
    int longest = LONG_SIDE / Math.max(shape.height(), shape.width());
    return new ImageSheet(shape, columns, Math.clamp(longest, 1, SCALE), GAP);
  }

  public ImageSheet {
    if (columns < 1 || scale < 1 || gap < 0) {
      throw new IllegalArgumentException(
          "sheet: columns and scale must be at least 1 and gap at least 0 but were %d, %d and %d"
              .formatted(columns, scale, gap));
    }
  }

  public int width(int count) {
    return gap + Math.min(columns, count) * cell(shape.width());
  }

  public int height(int count) {
    return gap + (count + columns - 1) / columns * cell(shape.height());
  }

  /// Fails in one line where so many images would make too large a sheet.
  public void requireRoom(int count) {
    long pixels = (long) width(count) * height(count);
    if (pixels > MOST_PIXELS) {
      throw new UserException(
          "a sheet of %d images of %s would have %d pixels, of %d at most; draw fewer"
              .formatted(count, shape, pixels, MOST_PIXELS));
    }
  }

  /// The sheet as a PNG file.
  ///
  /// @param images (count·D) or more, each value from 0 (black) to 1 (white)
  public byte[] png(float[] images, int count) {
    return GreyPng.encode(width(count), height(count), grey(images, count));
  }

  /// The sheet's pixels in raster order, 0 black to 255 white.
  public byte[] grey(float[] images, int count) {
    if (count < 1 || images.length < (long) count * shape.pixels()) {
      throw new IllegalArgumentException(
          "sheet: %d images cannot be made of %d values".formatted(count, images.length));
    }
    byte[] sheet = new byte[Math.multiplyExact(width(count), height(count))];
    Arrays.fill(sheet, GAP_GREY);
    for (int image = 0; image < count; image++) {
      draw(images, image, sheet, width(count));
    }
    return sheet;
  }

  /// Writes the PNG whole or not at all.
  public void write(Path path, float[] images, int count) {
    AtomicFile.write(path, png(images, count));
  }

  private int cell(int side) {
    return side * scale + gap;
  }

  private void draw(float[] images, int image, byte[] sheet, int width) {
    int left = gap + image % columns * cell(shape.width());
    int top = gap + image / columns * cell(shape.height());
    for (int y = 0; y < shape.height(); y++) {
      for (int x = 0; x < shape.width(); x++) {
        float value = images[image * shape.pixels() + y * shape.width() + x];
        if (!(value >= 0 && value <= 1)) {
          throw new IllegalArgumentException(
              "sheet: image %d has the value %s at row %d, column %d; it must be from 0 to 1"
                  .formatted(image, value, y, x));
        }
        byte grey = (byte) Math.round(value * 255);
        for (int dy = 0; dy < scale; dy++) {
          int start = (top + y * scale + dy) * width + left + x * scale;
          Arrays.fill(sheet, start, start + scale, grey);
        }
      }
    }
  }
}
