package dev.hindsight.cli;

import dev.hindsight.data.Dataset;
import dev.hindsight.error.UserException;
import dev.hindsight.image.ImageShape;
import dev.hindsight.train.StoredRun;
import org.jspecify.annotations.Nullable;

/// Whether images are of the shape that a run learnt.
final class ImageFit {
  private ImageFit() {}

  /// Fails in one line where they are not.
  ///
  /// @param asked the value of `--data`, null for the images of the run
  static void require(StoredRun run, @Nullable String asked, Dataset found) {
    ImageShape own = run.config().model().shape();
    if (!found.shape().equals(own)) {
      throw new UserException(
          "%s has images of %s but %s was trained on images of %s; give %s of that size"
              .formatted(
                  asked == null ? run.config().data().name() : "--data " + asked,
                  found.shape(),
                  run.folder().path(),
                  own,
                  asked == null ? "--data with some" : "some"));
    }
  }
}
