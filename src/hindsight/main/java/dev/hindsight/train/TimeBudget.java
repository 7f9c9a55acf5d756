package dev.hindsight.train;

import dev.hindsight.backend.MetaBackend;
import dev.hindsight.data.Dataset;
import dev.hindsight.error.UserException;
import dev.hindsight.image.ImageShape;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.model.Head;
import dev.hindsight.random.RandomKey;

/// How a preset that promises a time keeps it for other images than its own, binary ones of 28 x
/// 28: by the multiply-adds that an image takes, and by how many images there are. Training has as
/// many epochs fewer as an image takes more, and as many more, up to 20 times, as images are fewer.
/// Where fewer than three would be left, the model gets half of its width or a quarter, and less
/// only where not even one epoch would be left. More images than the preset's take longer.
///
/// @param preset for its own images
/// @param width its size that is halved
/// @param given sizes that somebody chose, which stay
record TimeBudget(Preset preset, Size width, Sizes given) {
  private static final int FEWEST = 3; // epochs
  private static final int NARROW = 4;
  private static final int MOST = 20; // times the preset's epochs: few images are soon known

  /// @param width for the preset's size
  record Fit(int epochs, int width) {}

  /// @param count how many images there are
  Fit fit(ImageShape shape, int count, Head head) {
    Sizes usual = preset.sizes().with(given);
    int epochs = preset.recipe().epochs();
    double fewer = Math.clamp((double) preset.images() / count, 1, MOST);
    double budget =
        fewer * epochs * multiplyAdds(usual, ImageShape.MNIST, Head.of(ImageShape.MNIST));
    int full = usual.whole(width);
    int chosen = full;
    double left = budget / multiplyAdds(usual, shape, head);
    while (!given.named().contains(width) && chosen > 1 && isTooLong(left, epochs, full / chosen)) {
      chosen /= 2;
      left = budget / multiplyAdds(usual.with(width, chosen), shape, head);
    }
    return new Fit(Math.clamp(Math.round(left), 1, (int) Math.round(fewer * epochs)), chosen);
  }

  /// @param left epochs
  /// @param narrower how many times narrower than the preset's the model is
  private static boolean isTooLong(double left, int epochs, int narrower) {
    int fewest = narrower < NARROW ? Math.min(FEWEST, epochs) : 1;
    return Math.round(left) < fewest;
  }

  /// Of a forward pass of one image; infinitely many where a model would be too large.
  private double multiplyAdds(Sizes sizes, ImageShape shape, Head head) {
    Dataset blank = new Dataset("blank", shape, new byte[shape.values()], null);
    try (AutoregressiveModel model =
        preset.config(sizes, blank, head, 0, 0).create(MetaBackend.open(), RandomKey.of(0))) {
      return model.multiplyAdds();
    } catch (UserException _) {
      return Double.POSITIVE_INFINITY;
    }
  }
}
