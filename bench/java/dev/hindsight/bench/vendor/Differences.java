package dev.hindsight.bench.vendor;

import dev.hindsight.backend.Backend;
import dev.hindsight.tensor.Tensor;
import java.util.function.IntPredicate;

/// How far two results are apart.
final class Differences {
  private Differences() {}

  /// Of the elements at the places that count.
  static double largest(float[] theirs, float[] ours, IntPredicate counts) {
    double apart = 0;
    double size = 0;
    for (int k = 0; k < ours.length; k++) {
      if (counts.test(k)) {
        double difference = Math.abs((double) theirs[k] - ours[k]);
        apart = difference <= apart ? apart : difference; // NaN is kept
        size = Math.max(size, Math.abs(ours[k]));
      }
    }
    return apart / size;
  }

  static double largest(float[] theirs, float[] ours) {
    return largest(theirs, ours, _ -> true);
  }

  /// Of tensors of one size.
  static double largest(Backend backend, Tensor theirs, Tensor ours) {
    return largest(backend.readFloats(theirs), backend.readFloats(ours));
  }
}
