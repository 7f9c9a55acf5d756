package dev.hindsight.random;

import java.io.Serializable;

/// Names one stream of random numbers. The same key gives the same numbers on every backend.
///
/// The numbers are a pure function of (key, index): nothing is consumed, so order, batch size and
/// device cannot change them. `seed` is the Philox key, `stream` the upper half of its counter.
public record RandomKey(long seed, long stream) implements Serializable {

  public static RandomKey of(long seed) {
    return new RandomKey(seed, 0);
  }

  /// An independent stream for a purpose, for example `key.fold("shuffle")`.
  public RandomKey fold(String purpose) {
    long hash = 0xcbf29ce484222325L; // FNV-1a
    for (int i = 0; i < purpose.length(); i++) {
      hash = (hash ^ purpose.charAt(i)) * 0x100000001b3L;
    }
    return fold(hash);
  }

  /// An independent stream for a number, for example `key.fold(epoch)`.
  public RandomKey fold(long number) {
    return new RandomKey(seed, mix(stream + 0x9e3779b97f4a7c15L * (number + 1)));
  }

  private static long mix(long z) { // the finaliser of SplitMix64
    z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return z ^ (z >>> 31);
  }
}
