package dev.hindsight.train;

import dev.hindsight.data.Dataset;
import dev.hindsight.data.Holdout;
import dev.hindsight.data.PictureOptions;
import java.util.List;

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
    public static Classes of(Dataset training) {
      return new Classes(training.classes(), training.sha256OfLabels());
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
    if (!holdsOut()) {
      return new Splits(this, data, test, test);
    }
    Holdout cut = Holdout.of(data, validation);
    return new Splits(this, cut.training(), cut.validation(), test);
  }
}
