package dev.hindsight.data;

import dev.hindsight.random.Philox;
import dev.hindsight.random.RandomKey;
import java.util.Arrays;

/// Training images cut in two: those that a model learns from, and those that choose its best epoch
/// and every setting, so that test images need to be looked at only once.
///
/// Which images are held out is drawn, since a set may be sorted by what it shows, and drawn from
/// how many there are alone: all runs on a set hold out the same.
///
/// @param training what is left to learn from, in the order of the set
/// @param validation what is held out, likewise
public record Holdout(Dataset training, Dataset validation) {
  private static final int MOST_BY_DEFAULT = 5000;
  private static final int SHARE_BY_DEFAULT = 8;
  private static final RandomKey KEY = RandomKey.of(0).fold("validation");

  /// How many images are held out of a set where nobody says: 5,000 of MNIST's 60,000, of a small
  /// set an eighth.
  public static int byDefault(Dataset data) {
    return Math.clamp(data.count() / SHARE_BY_DEFAULT, 1, MOST_BY_DEFAULT);
  }

  /// Holds `count` images out.
  ///
  /// @throws DataException when that leaves nothing to learn from
  public static Holdout of(Dataset data, int count) {
    if (data.count() < 2) {
      throw new DataException(
          "%s has %d training image, too few to hold any out; give a larger set, or --validation 0"
              .formatted(data.name(), data.count()));
    }
    if (count < 1 || count >= data.count()) {
      throw new DataException(
          "--validation must be from 1 to %d, since %s has %d training images, but is %d"
              .formatted(data.count() - 1, data.name(), data.count(), count));
    }
    int[] order = Philox.permutation(KEY, data.count());
    int[] held = Arrays.copyOf(order, count);
    int[] kept = Arrays.copyOfRange(order, count, order.length);
    Arrays.sort(held);
    Arrays.sort(kept);
    return new Holdout(data.select(kept), data.select(held));
  }
}
