package dev.hindsight.quality;

import dev.hindsight.random.Philox;
import dev.hindsight.random.RandomKey;
import java.util.Arrays;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/// A figure of a set of images, with a 95 % interval of the bootstrap (Efron 1979): the figures of
/// 200 sets that are drawn from it with replacement, from their 2.5th to their 97.5th percentile.
/// It is moved by what their mean lies from the figure, since the Fréchet distance of drawn sets is
/// too large. What the set is compared with stays as it is.
///
/// @param low where the interval begins
/// @param high where it ends
public record Estimate(double value, double low, double high) {
  private static final int RESAMPLES = 200;
  private static final double TAIL = 0.025;

  /// Of a set of `count`.
  ///
  /// @param figure of a selection of it, by numbers of which some occur more than once
  static Estimate of(int count, RandomKey key, ToDoubleFunction<int[]> figure) {
    double value = figure.applyAsDouble(IntStream.range(0, count).toArray());
    double[] all =
        IntStream.range(0, RESAMPLES)
            .parallel()
            .mapToDouble(k -> figure.applyAsDouble(selection(count, key.fold(k))))
            .toArray();
    double shift = value - Arrays.stream(all).average().orElseThrow();
    Arrays.sort(all);
    return new Estimate(value, percentile(all, TAIL) + shift, percentile(all, 1 - TAIL) + shift);
  }

  /// Of the mean of numbers.
  static Estimate ofMean(double[] numbers, RandomKey key) {
    return of(
        numbers.length,
        key,
        set -> Arrays.stream(set).mapToDouble(k -> numbers[k]).sum() / set.length);
  }

  /// Of a share, which is never below 0 or above 1.
  static Estimate ofShare(boolean[] members, RandomKey key) {
    double[] numbers = new double[members.length];
    for (int k = 0; k < members.length; k++) {
      numbers[k] = members[k] ? 1 : 0;
    }
    Estimate found = ofMean(numbers, key);
    return new Estimate(found.value, Math.max(0, found.low), Math.min(1, found.high));
  }

  private static int[] selection(int count, RandomKey key) {
    float[] uniforms = Philox.uniforms(key, count);
    int[] set = new int[count];
    for (int k = 0; k < count; k++) {
      set[k] = (int) (uniforms[k] * (double) count);
    }
    return set;
  }

  /// By a straight line between the two nearest.
  static double percentile(double[] sorted, double share) {
    double place = share * (sorted.length - 1);
    int below = (int) place;
    int above = Math.min(below + 1, sorted.length - 1);
    return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
  }
}
