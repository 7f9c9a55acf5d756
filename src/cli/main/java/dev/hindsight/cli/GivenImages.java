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
import dev.hindsight.random.RandomKey;
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
  /// @param notices is told of each picture of which nothing is seen
  static float[] read(
      List<Path> files,
      ImageShape shape,
      PictureOptions options,
      Inversion inversion,
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
      inversion.of(file, fit).levels(shape.levels(), images, k * values);
    }
    return images;
  }

  /// From a set's test images.
  static float[] test(StoredRun run, DataOptions options, List<Integer> numbers) {
    int levels = run.config().model().shape().levels();
    Dataset data = options.open(options.source(run.config()), Split.TEST).withLevels(levels);
    ImageFit.require(run, options.place(), data);
    int values = data.shape().values();
    float[] images = new float[Math.multiplyExact(numbers.size(), values)];
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
      System.arraycopy(one.pixels(), 0, images, k * values, values);
    }
    return images;
  }
}
