package dev.hindsight.train;

import dev.hindsight.data.Dataset;
import dev.hindsight.data.Holdout;
import dev.hindsight.data.PictureOptions;

/// The images of a run.
///
/// @param name of the data set, or the folder that it was in when the run last began or went on
/// @param pictures how they became images, where it is a folder of pictures
/// @param split how test images were told from the others, empty where the set has its own
/// @param sha256 of the training pixels; a resumed run must see the same
/// @param validation how many of the training images choose the epoch instead; 0 = the test images
///   choose it
public record RunData(
    String name, PictureOptions pictures, String split, String sha256, int validation) {
  /// Of a set that has test images of its own.
  public RunData(String name, String sha256, int validation) {
    this(name, PictureOptions.USUAL, "", sha256, validation);
  }

  /// What a run learns from, what chooses its epoch, and what it is tested on.
  public record Splits(RunData source, Dataset training, Dataset validation, Dataset test) {}

  /// The same images in another place.
  public RunData at(String place) {
    return new RunData(place, pictures, split, sha256, validation);
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
