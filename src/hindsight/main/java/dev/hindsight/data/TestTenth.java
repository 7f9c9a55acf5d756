package dev.hindsight.data;

import dev.hindsight.random.Philox;
import dev.hindsight.random.RandomKey;
import java.util.Arrays;

/// The split of a set that has no test images of its own: a tenth of it, drawn from how many images
/// there are alone, so the same each time.
final class TestTenth {
  /// What is said of it.
  static final String WORDS = "test: 1 in 10, drawn by seed 0";

  private static final RandomKey KEY = RandomKey.of(0).fold("test");
  private static final int SHARE = 10;

  private TestTenth() {}

  /// The numbers of the images of a split, in their order.
  ///
  /// @param where the set, for the message
  static int[] numbers(String where, int count, Split split) {
    if (count < 2) {
      throw new DataException(
          "%s: has 1 image; at least 2 are needed, one to learn from and one to test on"
              .formatted(where));
    }
    int[] order = Philox.permutation(KEY, count);
    int training = count - Math.max(1, count / SHARE);
    int[] numbers =
        split == Split.TRAIN
            ? Arrays.copyOf(order, training)
            : Arrays.copyOfRange(order, training, count);
    Arrays.sort(numbers);
    return numbers;
  }

  /// One split of a whole set.
  static Dataset of(String where, Dataset all, Split split) {
    return all.select(numbers(where, all.count(), split)).withSplit(WORDS);
  }
}
