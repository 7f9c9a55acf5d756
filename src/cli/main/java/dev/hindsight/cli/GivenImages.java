package dev.hindsight.cli;

import dev.hindsight.data.Batch;
import dev.hindsight.data.Batches;
import dev.hindsight.data.Binarize;
import dev.hindsight.data.Dataset;
import dev.hindsight.data.PictureFit;
import dev.hindsight.data.PictureOptions;
import dev.hindsight.data.Split;
import dev.hindsight.error.UserException;
import dev.hindsight.format.PictureFile;
import dev.hindsight.image.ImageShape;
import dev.hindsight.train.Protocol;
import dev.hindsight.train.StoredRun;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;

/// Images whose beginnings are to be completed, (N·D) levels.
final class GivenImages {
  private GivenImages() {}

  /// From files, each fitted to this shape: its luma, where that is grey.
  ///
  /// @param options how they are read
  /// @param invert whether each becomes its negative
  /// @param notices is told of each picture of which nothing is seen
  static float[] read(
      List<Path> files,
      ImageShape shape,
      PictureOptions options,
      boolean invert,
      PrintWriter notices) {
    int values = shape.values();
    float[] images = new float[Math.multiplyExact(files.size(), values)];
    for (int k = 0; k < files.size(); k++) {
      Path file = files.get(k);
      PictureFit fit = PictureFile.read(file, picture -> PictureFit.of(picture, shape, options));
      if (fit.blank()) {
        notices.printf(
            "%s: is blank on %s, since only its transparency shows anything; --background %s shows"
                + " it%n",
            file, options.background(), options.otherBackground());
      }
      (invert ? fit.inverted() : fit).levels(shape.levels(), images, k * values);
    }
    return images;
  }

  /// From a set's test images.
  static float[] test(StoredRun run, DataOptions options, List<Integer> numbers) {
    Dataset data = options.open(run, Split.TEST);
    for (int number : numbers) {
      if (number < 0 || number >= data.count()) {
        throw new UserException(
            "--test must be from 0 to %d but has %d".formatted(data.count() - 1, number));
      }
    }
    return pixels(data, Binarize.THRESHOLD, numbers);
  }

  /// The levels of some images of a set, one after the other, as an evaluation meets them.
  static float[] pixels(Dataset data, Binarize binarize, List<Integer> numbers) {
    int values = data.shape().values();
    float[] pixels = new float[Math.multiplyExact(numbers.size(), values)];
    for (int k = 0; k < numbers.size(); k++) {
      Batch one =
          Batches.evaluation(data, 1, binarize, Protocol.KEY)
              .epoch(0, numbers.get(k))
              .iterator()
              .next();
      System.arraycopy(one.pixels(), 0, pixels, k * values, values);
    }
    return pixels;
  }
}
