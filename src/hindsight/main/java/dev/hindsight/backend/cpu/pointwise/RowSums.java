package dev.hindsight.backend.cpu.pointwise;

import dev.hindsight.backend.cpu.machine.Native;
import dev.hindsight.tensor.Tensor;

/// What is lost by each of several values of an image, added up.
final class RowSums {
  private RowSums() {}

  /// `sums[b]` = the sum of as many floats for each element, one after the other.
  ///
  /// @param count of all floats
  static void of(long floats, Tensor sums, long count) {
    long each = count / sums.size();
    for (long b = 0; b < sums.size(); b++) {
      double sum = 0;
      for (long k = b * each; k < (b + 1) * each; k++) {
        sum += Native.get(floats, k);
      }
      Native.put(Native.at(sums.address(), b), (float) sum);
    }
  }
}
