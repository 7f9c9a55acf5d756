package dev.hindsight.backend;

import dev.hindsight.random.RandomKey;
import java.util.stream.IntStream;

/// Whose turn it is to be drawn: images `first, first + 1, …` of a key.
///
/// Backends read it from a tensor and not from an argument, because a recorded loop over pixels
/// keeps its arguments for ever. The tensor holds the two words, the lower first, of the key's
/// seed, of its stream and of `first`.
///
/// @param first number of the image that is row 0 of a batch
public record Draw(RandomKey key, long first) {
  /// Elements of the tensor.
  public static final int SIZE = 6;

  /// What the tensor holds.
  public int[] words() {
    long[] all = {key.seed(), key.stream(), first};
    return IntStream.range(0, SIZE)
        .map(k -> (int) (all[k / 2] >>> (k % 2 * Integer.SIZE)))
        .toArray();
  }

  /// From what a tensor holds.
  public static Draw of(int[] words) {
    return new Draw(new RandomKey(join(words, 0), join(words, 2)), join(words, 4));
  }

  private static long join(int[] words, int at) {
    return Integer.toUnsignedLong(words[at]) | (long) words[at + 1] << Integer.SIZE;
  }
}
