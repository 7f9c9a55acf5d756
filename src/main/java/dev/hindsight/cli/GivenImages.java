package dev.hindsight.cli;

import dev.hindsight.data.Batch;
import dev.hindsight.data.Batches;
import dev.hindsight.data.Binarize;
import dev.hindsight.data.Dataset;
import dev.hindsight.data.Datasets;
import dev.hindsight.data.Split;
import dev.hindsight.error.IoErrors;
import dev.hindsight.error.UserException;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.random.RandomKey;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;

/// Images whose beginnings are to be completed, (N·784) of 0 and 1.
final class GivenImages {
  private static final int SIDE = AutoregressiveModel.SIDE;
  private static final int PIXELS = AutoregressiveModel.PIXELS;
  private static final int HALF = 127;

  private GivenImages() {}

  /// From files, each a grey image of 28x28 pixels.
  static float[] read(List<Path> files) {
    float[] images = new float[Math.multiplyExact(files.size(), PIXELS)];
    for (int k = 0; k < files.size(); k++) {
      put(files.get(k), decode(files.get(k)), images, k * PIXELS);
    }
    return images;
  }

  private static BufferedImage decode(Path file) {
    BufferedImage image;
    try (var in = Files.newInputStream(file)) {
      image = ImageIO.read(in);
    } catch (IOException e) {
      throw new UserException(
          "%s: cannot be read (%s); give a grey image of 28 x 28 pixels"
              .formatted(file, IoErrors.reason(e)));
    }
    if (image == null) {
      throw new UserException(file + ": is no image; give a PNG of 28 x 28 grey pixels");
    }
    if (image.getWidth() != SIDE || image.getHeight() != SIDE) {
      throw new UserException(
          "%s: has %d x %d pixels; wanted 28 x 28"
              .formatted(file, image.getWidth(), image.getHeight()));
    }
    return image;
  }

  private static void put(Path file, BufferedImage image, float[] out, int at) {
    for (int k = 0; k < PIXELS; k++) {
      int argb = image.getRGB(k % SIDE, k / SIDE);
      int grey = argb & 0xff;
      if (argb >>> 24 != 0xff) {
        throw new UserException(
            "%s: is transparent at row %d, column %d; wanted opaque grey"
                .formatted(file, k / SIDE, k % SIDE));
      }
      if ((argb >> 8 & 0xff) != grey || (argb >> 16 & 0xff) != grey) {
        throw new UserException(
            "%s: is coloured at row %d, column %d; wanted grey"
                .formatted(file, k / SIDE, k % SIDE));
      }
      out[at + k] = grey > HALF ? 1 : 0;
    }
  }

  /// From the test set that a run was made for.
  static float[] test(StoredRun stored, List<Integer> numbers) {
    Dataset data = Datasets.open(stored.config().data(), Split.TEST);
    float[] images = new float[Math.multiplyExact(numbers.size(), PIXELS)];
    for (int k = 0; k < numbers.size(); k++) {
      int number = numbers.get(k);
      if (number < 0 || number >= data.count()) {
        throw new UserException(
            "--test must be from 0 to %d but has %d".formatted(data.count() - 1, number));
      }
      Batch one =
          Batches.evaluation(data, 1, Binarize.THRESHOLD, RandomKey.of(0))
              .epoch(0, number)
              .iterator()
              .next();
      System.arraycopy(one.pixels(), 0, images, k * PIXELS, PIXELS);
    }
    return images;
  }
}
