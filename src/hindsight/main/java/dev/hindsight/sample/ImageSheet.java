package dev.hindsight.sample;

import dev.hindsight.data.Levels;
import dev.hindsight.error.UserException;
import dev.hindsight.format.AtomicFile;
import dev.hindsight.format.Png;
import dev.hindsight.image.ImageShape;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/// Images side by side in one PNG, grey or coloured as they are, row by row, with thin grey gaps.
///
/// @param shape of an image
/// @param columns images in a row
/// @param scale pixels of the sheet per pixel of an image, in each direction
/// @param gap pixels of the sheet between images and around them
public record ImageSheet(ImageShape shape, int columns, int scale, int gap) {
  static final byte GAP_GREY = 96;

  /// The most classes of which a sheet shows images where nobody chooses.
  private static final int MOST_CLASSES = 20;

  private static final int SCALE = 4;
  private static final int GAP = 2;
  private static final int LONG_SIDE = 512; // of an image on the sheet
  private static final long MOST_BYTES = 1L << 28; // a larger sheet is nothing that one can open

  /// Five in a row, four times as large.
  public static ImageSheet of(ImageShape shape) {
    return of(shape, 5);
  }

  /// The classes that a sheet of a model's images shows where nobody chooses, a row each.
  ///
  /// @param classes that the model knows
  public static List<Integer> classes(int classes) {
    return IntStream.range(0, Math.min(classes, MOST_CLASSES)).boxed().toList();
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
    long most = MOST_BYTES / shape.channels();
    if (pixels > most) {
      throw new UserException(
          "a sheet of %d images of %s would have %d pixels, of %d at most; draw fewer"
              .formatted(count, shape, pixels, most));
    }
  }

  /// The sheet as a PNG file.
  ///
  /// @param images (count·D) or more, each value a level of the shape
  public byte[] png(float[] images, int count) {
    return Png.encode(width(count), height(count), shape.channels(), pixels(images, count));
  }

  /// The sheet's dots in raster order, channels last, each value from 0 to 255.
  public byte[] pixels(float[] images, int count) {
    if (count < 1 || images.length < (long) count * shape.values()) {
      throw new IllegalArgumentException(
          "sheet: %d images cannot be made of %d values".formatted(count, images.length));
    }
    int channels = shape.channels();
    int width = width(count);
    byte[] sheet = new byte[Math.multiplyExact(width * channels, height(count))];
    Arrays.fill(sheet, GAP_GREY);
    byte[] colour = new byte[channels];
    for (int image = 0; image < count; image++) {
      for (int pixel = 0; pixel < shape.pixels(); pixel++) {
        int corner = corner(image, pixel, width);
        for (int channel = 0; channel < channels; channel++) {
          colour[channel] = shown(images, image, pixel, channel);
        }
        for (int dot = 0; dot < scale * scale; dot++) {
          int at = corner + dot / scale * width + dot % scale;
          System.arraycopy(colour, 0, sheet, at * channels, channels);
        }
      }
    }
    return sheet;
  }

  /// The upper left of the dots that a pixel of an image has on a sheet so wide, in raster order.
  int corner(int image, int pixel, int width) {
    int left = gap + image % columns * cell(shape.width()) + shape.column(pixel) * scale;
    int top = gap + image / columns * cell(shape.height()) + shape.row(pixel) * scale;
    return top * width + left;
  }

  private byte shown(float[] images, int image, int pixel, int channel) {
    float value = images[image * shape.values() + pixel * shape.channels() + channel];
    int level = (int) value;
    if (level != value || level < 0 || level >= shape.levels()) {
      throw new IllegalArgumentException(
          "sheet: image %d has the value %s at row %d, column %d; it must be a level from 0 to %d"
              .formatted(image, value, shape.row(pixel), shape.column(pixel), shape.levels() - 1));
    }
    return (byte) Levels.shown(level, shape.levels());
  }

  /// Writes the PNG whole or not at all.
  public void write(Path path, float[] images, int count) {
    AtomicFile.write(path, png(images, count));
  }

  private int cell(int side) {
    return side * scale + gap;
  }
}
