package dev.hindsight.cli;

import dev.hindsight.data.Dataset;
import dev.hindsight.data.Labels;
import dev.hindsight.error.DidYouMean;
import dev.hindsight.error.Printable;
import dev.hindsight.error.UserException;
import dev.hindsight.sample.Conditioning;
import dev.hindsight.train.RunConfig;
import dev.hindsight.train.StoredRun;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;

/// The classes that a run was trained with.
final class KnownClasses {
  private KnownClasses() {}

  static List<String> names(StoredRun run) {
    return run.config().data().classes().names();
  }

  /// The number of a class, by its name or by the number itself.
  ///
  /// @param word of `--class`
  static int number(StoredRun run, String word) {
    List<String> names = names(run);
    if (names.isEmpty()) {
      throw new UserException(
          "--class %s: %s knows no classes; leave it out, or give a run that was trained with"
                  .formatted(Printable.brief(word), run.folder().path())
              + " --classes");
    }
    if (names.contains(word)) {
      return names.indexOf(word);
    }
    if (word.matches("[0-9]{1,4}") && Integer.parseInt(word) < names.size()) {
      return Integer.parseInt(word);
    }
    throw DidYouMean.unknown("class", Printable.brief(word), names);
  }

  /// Fails where it is none.
  static void requireGuidance(float guidance) {
    if (!(guidance >= 0 && Float.isFinite(guidance))) {
      throw new UserException("--guidance must be a number from 0 but is " + guidance);
    }
  }

  static void requireGuidable(StoredRun run, float guidance) {
    requireGuidance(guidance);
    if (guidance == 0) {
      return;
    }
    RunConfig config = run.config();
    Path path = run.folder().path();
    if (names(run).isEmpty()) {
      throw new UserException(
          "--guidance: %s knows no classes; leave it out, or give a run that was trained with"
                  .formatted(path)
              + " --classes and --class-dropout");
    }
    if (config.recipe().pixels().classDropout() == 0) {
      throw new UserException(
          "--guidance: %s was trained without --class-dropout, so it has not learnt to do without a"
                  .formatted(path)
              + " class; leave it out");
    }
  }

  /// The classes of as many images as some test images have, over and over, where a run knows
  /// classes: in the same shares.
  static Conditioning like(StoredRun run, Dataset test, int count) {
    if (run.config().model().classes() == 0) {
      return Conditioning.NONE;
    }
    int[] labels = labels(run, test);
    return new Conditioning(
        IntStream.range(0, count).mapToObj(k -> labels[k % labels.length]).toList());
  }

  /// The numbers of the classes of labelled images, which may stand in another order than the
  /// run's.
  static int[] labels(StoredRun run, Dataset images) {
    if (!images.hasLabels()) {
      throw new UserException(
          "%s has no labels; give --data with images that have, such as a folder for each class"
              .formatted(images.name()));
    }
    List<String> names = names(run);
    int[] labels = new int[images.count()];
    for (int image = 0; image < labels.length; image++) {
      int label = images.label(image);
      if (label == Labels.NONE) {
        throw new UserException(
            "image %d of %s has no label; leave such images out".formatted(image, images.name()));
      }
      labels[image] = names.indexOf(images.classes().get(label));
      if (labels[image] < 0) {
        throw new UserException(
            "%s has images of class '%s', which %s does not know; it knows: %s"
                .formatted(
                    images.name(),
                    Printable.brief(images.classes().get(label)),
                    run.folder().path(),
                    String.join(", ", names)));
      }
    }
    return labels;
  }
}
