package dev.hindsight.sample;

import dev.hindsight.error.UserException;
import dev.hindsight.format.AtomicFile;
import dev.hindsight.format.Gif;
import dev.hindsight.model.PixelOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.IntPredicate;

/// A sheet of images that grow as they were drawn, as a GIF. A pixel never changes once it is
/// drawn, so the finished images tell all. Those to come are grey, and where images may have that
/// grey themselves, chequered.
public final class GrowingGif {
  /// More would make a file that nobody can watch.
  public static final int MOST_IMAGES = 400;

  private static final int STEPS = 56; // from none to all pixels, at most
  private static final int MOST_SIDE = 65_535; // of the format
  private static final int HUNDREDTHS = 6;
  private static final int LAST_HUNDREDTHS = 250;
  private static final byte NOT_DRAWN_GREY = 64;

  private final ImageSheet sheet;
  private final int count;
  private final byte[] finished;

  private GrowingGif(ImageSheet sheet, float[] images, int count) {
    this.sheet = sheet;
    this.count = count;
    this.finished = sheet.pixels(images, count);
  }

  /// Fails in one line where a GIF of so many images would be larger than the format allows.
  public static void requireRoom(ImageSheet sheet, int count) {
    int longest = Math.max(sheet.width(count), sheet.height(count));
    if (longest > MOST_SIDE) {
      throw new UserException(
          "a GIF of %d images of %s would be %d pixels long, of %d at most; draw fewer"
              .formatted(count, sheet.shape(), longest, MOST_SIDE));
    }
  }

  /// Writes the GIF whole or not at all.
  ///
  /// @param images (count·D), each value a level of the sheet's shape
  /// @param order in which they were drawn
  public static void write(
      Path path, ImageSheet sheet, float[] images, int count, PixelOrder order) {
    int pixels = sheet.shape().pixels();
    int each = (pixels + STEPS - 1) / STEPS; // pixels a frame
    var growing = new GrowingGif(sheet, images, count);
    byte[] gif =
        Gif.encode(
            sheet.width(count),
            sheet.height(count),
            sheet.shape().channels(),
            (pixels + each - 1) / each + 1,
            frame -> growing.frame(pixel -> order.place(pixel) < frame * each),
            HUNDREDTHS,
            LAST_HUNDREDTHS);
    AtomicFile.write(path, gif);
  }

  private byte[] frame(IntPredicate isDrawn) {
    byte[] dots = finished.clone();
    int width = sheet.width(count);
    for (int image = 0; image < count; image++) {
      for (int pixel = 0; pixel < sheet.shape().pixels(); pixel++) {
        if (!isDrawn.test(pixel)) {
          hide(dots, sheet.corner(image, pixel, width), width);
        }
      }
    }
    return dots;
  }

  private void hide(byte[] dots, int corner, int width) {
    int square = Math.max(1, sheet.scale() / 2); // of the chequer
    int channels = sheet.shape().channels();
    for (int k = 0; k < sheet.scale() * sheet.scale(); k++) {
      int dot = corner + k / sheet.scale() * width + k % sheet.scale();
      boolean odd = (dot / width / square + dot % width / square) % 2 == 1;
      byte grey = odd && !sheet.shape().binary() ? ImageSheet.GAP_GREY : NOT_DRAWN_GREY;
      Arrays.fill(dots, dot * channels, (dot + 1) * channels, grey);
    }
  }
}
