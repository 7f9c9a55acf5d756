package dev.hindsight.cli;

import dev.hindsight.data.Batch;
import dev.hindsight.data.Batches;
import dev.hindsight.data.Binarize;
import dev.hindsight.data.Dataset;
import dev.hindsight.data.PictureFit;
import dev.hindsight.data.PictureOptions;
import dev.hindsight.data.Split;
import dev.hindsight.error.UserException;
import dev.hindsight.format.Picture;
import dev.hindsight.format.PictureFile;
import dev.hindsight.image.ImageShape;
import dev.hindsight.random.RandomKey;
import dev.hindsight.train.StoredRun;
import java.nio.file.Path;
import java.util.List;

/// Images whose beginnings are to be completed, (N·D) levels.
final class GivenImages {
  private static final int OPAQUE = 255;

  private GivenImages() {}

  /// From files, each fitted to this shape.
  ///
  /// @param options of the pictures that the run learnt from
  static float[] read(List<Path> files, ImageShape shape, PictureOptions options) {
    int values = shape.values();
    float[] images = new float[Math.multiplyExact(files.size(), values)];
    for (int k = 0; k < files.size(); k++) {
      Path file = files.get(k);
      PictureFit fit = PictureFile.read(file, picture -> fitted(file, picture, shape, options));
      fit.levels(shape.levels(), images, k * values);
    }
    return images;
  }

  /// Nobody knows which colours should be white, and white behind them would turn strokes black.
  private static PictureFit fitted(
      Path file, Picture picture, ImageShape shape, PictureOptions options) {
    if (shape.binary()) {
      requireOpaqueAndGrey(file, picture);
    }
    return PictureFit.of(picture, shape, options);
  }

  private static void requireOpaqueAndGrey(Path file, Picture picture) {
    int[] rgba = new int[picture.width() * Picture.SAMPLES];
    for (int y = 0; y < picture.height(); y++) {
      picture.row(y, rgba);
      for (int x = 0; x < picture.width(); x++) {
        int at = x * Picture.SAMPLES;
        if (rgba[at + 3] != OPAQUE) {
          throw unlike(file, "is transparent", y, x);
        }
        if (rgba[at] != rgba[at + 1] || rgba[at] != rgba[at + 2]) {
          throw unlike(file, "is coloured", y, x);
        }
      }
    }
  }

  private static UserException unlike(Path file, String what, int y, int x) {
    return new UserException(
        "%s: %s at row %d, column %d; give opaque grey pixels, strokes white on black"
            .formatted(file, what, y, x));
  }

  /// From a set's test images.
  static float[] test(StoredRun run, DataOptions options, List<Integer> numbers) {
    Dataset data = options.open(options.source(run.config()), Split.TEST);
    ImageFit.require(run, options.place(), data);
    int pixels = data.shape().pixels();
    float[] images = new float[Math.multiplyExact(numbers.size(), pixels)];
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
      System.arraycopy(one.pixels(), 0, images, k * pixels, pixels);
    }
    return images;
  }
}
