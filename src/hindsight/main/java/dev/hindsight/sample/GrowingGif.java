package dev.hindsight.sample;

import dev.hindsight.data.Dataset;
import dev.hindsight.format.AtomicFile;
import dev.hindsight.format.GreyGif;
import dev.hindsight.model.PixelOrder;
import java.nio.file.Path;

/// A sheet of images that grow as they were drawn, as a GIF. A pixel never changes once it is
/// drawn, so the finished images tell all.
public final class GrowingGif {
  /// More would make a file that nobody can watch.
  public static final int MOST_IMAGES = 400;

  private static final int PIXELS_A_FRAME = Dataset.SIDE / 2;
  private static final int FRAMES = Dataset.PIXELS / PIXELS_A_FRAME + 1; // with none and with all
  private static final int HUNDREDTHS = 6;
  private static final int LAST_HUNDREDTHS = 250;
  private static final float NOT_DRAWN = 0.25f;

  private GrowingGif() {}

  /// Writes the GIF whole or not at all.
  ///
  /// @param images (count·784), each value from 0 (black) to 1 (white)
  /// @param order in which they were drawn
  public static void write(
      Path path, ImageSheet sheet, float[] images, int count, PixelOrder order) {
    byte[] gif =
        GreyGif.encode(
            sheet.width(count),
            sheet.height(count),
            FRAMES,
            frame -> sheet.grey(drawnSoFar(images, frame * PIXELS_A_FRAME, order), count),
            HUNDREDTHS,
            LAST_HUNDREDTHS);
    AtomicFile.write(path, gif);
  }

  private static float[] drawnSoFar(float[] images, int pixels, PixelOrder order) {
    float[] now = images.clone();
    for (int k = 0; k < now.length; k++) {
      now[k] = order.place(k % Dataset.PIXELS) < pixels ? now[k] : NOT_DRAWN;
    }
    return now;
  }
}
