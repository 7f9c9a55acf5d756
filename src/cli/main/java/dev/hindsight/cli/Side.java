package dev.hindsight.cli;

import dev.hindsight.error.UserException;
import dev.hindsight.image.ImageShape;
import dev.hindsight.model.ModelConfig;
import dev.hindsight.model.symmetric.SymmetricConfig;
import dev.hindsight.train.StoredRun;
import java.util.Locale;

/// The side of an image that is given.
enum Side {
  TOP(0, 2),
  BOTTOM(1, 3),
  LEFT(4, 6),
  RIGHT(5, 7);

  private final int order;
  private final int other;

  /// @param order that has its pixels first, see [dev.hindsight.model.PixelOrder#symmetry]
  /// @param other which has them first too, from the other end of each line
  Side(int order, int other) {
    this.order = order;
    this.other = other;
  }

  /// How many rows an image has, or columns.
  int lines(ImageShape shape) {
    return this == TOP || this == BOTTOM ? shape.height() : shape.width();
  }

  /// The order in which a run draws what follows from this side.
  ///
  /// @param asked by `--order`, where that is not 0
  /// @throws UserException when it was not trained in one, or another one was asked for
  int order(StoredRun run, int asked) {
    ModelConfig model = run.config().model();
    String word = name().toLowerCase(Locale.ROOT);
    if (!(model instanceof SymmetricConfig)) {
      if (this != TOP) {
        throw new UserException(
            "--side %s: %s has the top first only; leave it out, or give a run that was trained with --symmetries"
                .formatted(word, run.folder().path()));
      }
      return asked;
    }
    if (order >= model.orders()) {
      throw new UserException(
          "--side %s: %s was trained with --symmetries %d, which wants 8 for it; give top or bottom"
              .formatted(word, run.folder().path(), model.orders()));
    }
    if (asked != 0 && asked != order && asked != other) {
      throw new UserException(
          "--order %d does not have the %s first; leave it out".formatted(asked, word));
    }
    return asked == 0 ? order : asked;
  }
}
