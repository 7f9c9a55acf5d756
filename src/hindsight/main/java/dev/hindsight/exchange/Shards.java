package dev.hindsight.exchange;

import dev.hindsight.error.UserException;
import java.util.function.BiConsumer;

/// The law of the shards. A batch is cut into `count` equal parts in the order of its images, and
/// its gradient is their sum in one binary tree: neighbours first, then pairs of neighbours, and so
/// on. So the bits follow from the count alone. Any number of workers that divides it does whole
/// subtrees each, and the others' sums are the tree's upper part.
///
/// ```
///  shard  0   1   2   3   4   5   6   7
///         └─+─┘   └─+─┘   └─+─┘   └─+─┘     each of 4 workers
///           └───+───┘       └───+───┘       between them
///               └───────+───────┘
/// ```
///
/// @param count a power of two; 1 is an undivided batch
public record Shards(int count) {
  private static final int MOST = 1024;

  /// One shard: the whole batch.
  public static final Shards ONE = new Shards(1);

  /// The default of a cluster: enough for eight workers.
  public static final int OF_A_CLUSTER = 8;

  public Shards {
    if (count < 1 || count > MOST || !powerOfTwo(count)) {
      throw new UserException(
          "--shards must be a power of two from 1 to %d but is %d".formatted(MOST, count));
    }
  }

  /// Fails where a batch of so many images cannot be cut into equal shards.
  public void requireBatch(int images) {
    if (images % count != 0) {
      throw new UserException(
          "a batch of %d images cannot be cut into %d equal shards; change --batch or --shards"
              .formatted(images, count));
    }
  }

  /// Fails if so many workers fit no number of shards.
  public static void requirePowerOfTwo(int workers) {
    if (workers < 1 || !powerOfTwo(workers)) {
      throw new UserException(
          "--workers must be a power of two but is %d; %d would do"
              .formatted(workers, Integer.highestOneBit(Math.max(1, workers))));
    }
  }

  /// Fails if so many workers could not compute complete subtrees.
  public void requireWorkers(int workers) {
    requirePowerOfTwo(workers);
    if (workers > count) {
      throw new UserException(
          "--workers %d is more than the %d shards of a batch, which would leave some idle; give fewer workers, or train a new run with --shards %d"
              .formatted(workers, count, workers));
    }
  }

  private static boolean powerOfTwo(int n) {
    return Integer.bitCount(n) == 1;
  }

  /// Adds the parts up in the tree's order; the sum is in the first.
  ///
  /// @param parts a power of two of one length; all but the last level of them are overwritten
  static void sum(float[][] parts) {
    sum(parts, Shards::add);
  }

  /// The same of parts of any kind.
  ///
  /// @param add adds its second argument to its first
  static <T> void sum(T[] parts, BiConsumer<T, T> add) {
    for (int stride = 1; stride < parts.length; stride *= 2) {
      for (int left = 0; left + stride < parts.length; left += 2 * stride) {
        add.accept(parts[left], parts[left + stride]);
      }
    }
  }

  private static void add(float[] left, float[] right) {
    for (int k = 0; k < left.length; k++) {
      left[k] += right[k];
    }
  }
}
