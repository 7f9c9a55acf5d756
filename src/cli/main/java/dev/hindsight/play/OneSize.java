package dev.hindsight.play;

import dev.hindsight.error.UserException;
import dev.hindsight.image.ImageShape;
import dev.hindsight.train.StoredRun;
import java.util.List;

/// The models of a page share its drawing, so their images are of one size.
final class OneSize {
  /// Per image: the receptive fields of all pixels are a matrix of that many rows and columns.
  static final int MOST_PIXELS = 4096;

  private OneSize() {}

  /// Fails in one line where they are not, or too large to be shown.
  static void require(List<StoredRun> runs) {
    StoredRun first = runs.getFirst();
    ImageShape shape = first.config().model().shape();
    if (shape.pixels() > MOST_PIXELS) {
      throw new UserException(
          "%s draws images of %s; a page shows images of at most %d pixels; use sample and complete"
              .formatted(first.folder().path(), shape, MOST_PIXELS));
    }
    for (StoredRun run : runs) {
      ImageShape other = run.config().model().shape();
      if (!other.equals(shape)) {
        throw new UserException(
            "%s draws images of %s and %s images of %s; name runs of the same image size"
                .formatted(first.folder().path(), shape, run.folder().path(), other));
      }
    }
  }
}
