package dev.hindsight.sample;

import dev.hindsight.error.UserException;
import dev.hindsight.format.AtomicFile;
import dev.hindsight.format.GreyGif;
import dev.hindsight.model.PixelOrder;
import java.nio.file.Path;

/// A sheet of images that grow as they were drawn, as a GIF. A pixel never changes once it is
/// drawn, so the finished images tell all.
public final class GrowingGif {
  /// More would make a file that nobody can watch.
  public static final int MOST_IMAGES = 400;

  private static final int STEPS = 56; // from none to all pixels, at most
  private static final int MOST_SIDE = 65_535; // of the format
  private static final int HUNDREDTHS = 6;
  private static final int LAST_HUNDREDTHS = 250;
  private static final float NOT_DRAWN = 0.25f;

  private GrowingGif() {}

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
  /// @param images (count·D), each value from 0 (black) to 1 (white)
  /// @param order in which they were drawn
  public static void write(
      Path path, ImageSheet sheet, float[] images, int count, PixelOrder order) {
    int pixels = sheet.shape().pixels();
    int each = (pixels + STEPS - 1) / STEPS; // pixels a frame
    byte[] gif =
        GreyGif.encode(
            sheet.width(count),
            sheet.height(count),
            (pixels + each - 1) / each + 1,
            frame -> sheet.grey(drawnSoFar(images, pixels, frame * each, order), count),
            HUNDREDTHS,
            LAST_HUNDREDTHS);
    AtomicFile.write(path, gif);
  }

  private static float[] drawnSoFar(float[] images, int of, int pixels, PixelOrder order) {
    float[] now = images.clone();
    for (int k = 0; k < now.length; k++) {
      now[k] = order.place(k % of) < pixels ? now[k] : NOT_DRAWN;
    }
    return now;
  }
}
