package dev.hindsight.train;

import dev.hindsight.data.DataException;
import dev.hindsight.data.Dataset;
import dev.hindsight.data.Holdout;
import dev.hindsight.data.PictureOptions;
import dev.hindsight.error.Printable;
import dev.hindsight.model.ModelSize;
import java.util.List;
import java.util.stream.IntStream;

/// The images of a run.
///
/// @param name of the data set, or the folder that it was in when the run last began or went on
/// @param pictures how they became images, where it is a folder of pictures
/// @param split how test images were told from the others, empty where the set has its own
/// @param sha256 of the training pixels; a resumed run must see the same
/// @param validation how many of the training images choose the epoch instead; 0 = the test images
///   choose it
/// @param classes which classes the images are of that the model is conditioned on
public record RunData(
    String name,
    PictureOptions pictures,
    String split,
    String sha256,
    int validation,
    Classes classes) {
  /// The classes of the images, where a model is conditioned on them.
  ///
  /// @param names of the classes; a label is a number among them
  /// @param sha256 of these and of the labels of the training images; a resumed run must see the
  ///   same
  public record Classes(List<String> names, String sha256) {
    public static final Classes NONE = new Classes(List.of(), "");

    public Classes {
      names = List.copyOf(names);
    }

    /// Those of training images.
    ///
    /// @throws DataException when they cannot be those of a model
    public static Classes of(Dataset training) {
      requireLabels(training);
      int count = training.classes().size();
      if (count > ModelSize.MOST_CLASSES) {
        throw new DataException(
            "%s has %,d classes; a model can be conditioned on at most %,d, so give fewer, or leave out --classes"
                .formatted(training.name(), count, ModelSize.MOST_CLASSES));
      }
      return new Classes(training.classes(), training.sha256OfLabels());
    }

    public boolean areNone() {
      return names.isEmpty();
    }

    /// Images whose labels are numbers of these classes; whichever they are where there are none.
    ///
    /// @throws DataException when an image has no class, or another one
    public Dataset fit(Dataset images) {
      if (areNone()) {
        return images;
      }
      requireLabels(images);
      return images.withClasses(names);
    }

    private static void requireLabels(Dataset images) {
      if (!images.hasLabels()) {
        throw new DataException(
            images.name()
                + " has no labels, which a model with classes needs; give data with labels, or train"
                + " without --classes");
      }
      int without = images.count() - IntStream.of(images.countsOfClasses()).sum();
      if (without > 0) {
        throw new DataException(
            "%s: %,d of %,d images are of no class; put each into the folder of its class, or train without --classes"
                .formatted(images.name(), without, images.count()));
      }
    }

    /// Fails where nothing can be learnt of one of them.
    private void requireImagesOfEach(Dataset training) {
      int[] counts = training.countsOfClasses();
      for (int k = 0; k < names.size(); k++) {
        if (counts[k] == 0) {
          throw new DataException(
              "%s: no training image is of the class '%s'; add some, or take the class away"
                  .formatted(training.name(), Printable.brief(names.get(k))));
        }
      }
    }
  }

  /// Of a set that has test images of its own, for a model that knows no classes.
  public RunData(String name, String sha256, int validation) {
    this(name, PictureOptions.USUAL, "", sha256, validation, Classes.NONE);
  }

  /// What a run learns from, what chooses its epoch, and what it is tested on.
  public record Splits(RunData source, Dataset training, Dataset validation, Dataset test) {}

  /// The same images in another place.
  public RunData at(String place) {
    return new RunData(place, pictures, split, sha256, validation, classes);
  }

  /// Whether some of the training images choose the epoch, so that test images need not.
  public boolean holdsOut() {
    return validation > 0;
  }

  /// On which images the epochs are measured that the best one is chosen of.
  public Metric.Kind chooser() {
    return holdsOut() ? Metric.Kind.VALIDATION : Metric.Kind.TEST;
  }

  /// Holds images out.
  ///
  /// @param data all training images
  public Splits split(Dataset data, Dataset test) {
    Dataset labelled = classes.fit(data);
    Dataset labelledTest = classes.fit(test);
    if (!holdsOut()) {
      classes.requireImagesOfEach(labelled);
      return new Splits(this, labelled, labelledTest, labelledTest);
    }
    Holdout cut = Holdout.of(labelled, validation);
    classes.requireImagesOfEach(cut.training());
    return new Splits(this, cut.training(), cut.validation(), labelledTest);
  }
}
