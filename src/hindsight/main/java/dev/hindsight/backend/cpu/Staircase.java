package dev.hindsight.backend.cpu;

import dev.hindsight.backend.Degrees;

/// The block of weights at the edge of a panel, of which some exist and some do not.
///
/// A product over the block must not let a weight that does not exist act, nor a value that an
/// output may not see: 0·NaN is NaN. So the weights are copied with zeros above the staircase; and
/// where a value is not finite, the product runs without it, and it is then spread to exactly those
/// that see it. Zeros added to a sum do not change its bits, so what a value may not reach is the
/// same to the last bit whatever the value holds.
///
/// @param stored how weights and values lie
/// @param firstOutput outputs of the block are `firstOutput .. firstOutput + outputs - 1`
record Staircase(
    Stored stored, Degrees degrees, int firstOutput, int outputs, int firstInput, int inputs) {

  /// Number of inputs of the block that output `o` sees; it sees the first ones.
  private int seen(int o) {
    return Math.clamp(degrees.live(firstOutput + o) - (long) firstInput, 0, inputs);
  }

  /// The weights of the block, zero where they do not exist, packed (outputs, inputs).
  void copyWeights(long w, long packed) {
    for (int o = 0; o < outputs; o++) {
      long row = stored.at(packed, (long) o * inputs);
      int live = seen(o);
      stored.copy(stored.at(w, firstOutput + o, degrees.inputs(), firstInput), row, live);
      stored.zero(stored.at(row, live), inputs - live);
    }
  }

  /// dw += packed floats (outputs, inputs) where a weight exists.
  void addGradient(Loops loops, long packed, long dw) {
    for (int o = 0; o < outputs; o++) {
      long row = Raw.at(dw, firstOutput + o, degrees.inputs(), firstInput);
      loops.add(row, Raw.at(packed, (long) o * inputs), row, seen(o));
    }
  }

  /// Adds `x[n,i]·w[o,i]` to y for each value of x that is not finite, or, `backward`,
  /// `dy[n,o]·w[o,i]` to dx for each such value of dy.
  ///
  /// @param from the rows' values in the block: x, or dy
  /// @param to floats: the block's part of y, or of dx
  void spread(boolean backward, int n, long packed, long from, int ldFrom, long to, int ldTo) {
    int width = backward ? outputs : inputs;
    for (int row = 0; row < n; row++) {
      for (int k = 0; k < width; k++) {
        float value = stored.get(stored.at(from, row, ldFrom, k));
        if (!Float.isFinite(value)) {
          spread(backward, value, k, packed, Raw.at(to, row, ldTo, 0));
        }
      }
    }
  }

  private void spread(boolean backward, float value, int k, long packed, long to) {
    for (int other = 0; other < (backward ? inputs : outputs); other++) {
      int o = backward ? k : other;
      int i = backward ? other : k;
      if (i < seen(o)) {
        long target = Raw.at(to, other);
        float product = value * stored.get(stored.at(packed, (long) o * inputs + i));
        Raw.put(target, Raw.get(target) + product);
      }
    }
  }

  /// Copies rows of `width` values packed, with zeros for those that are not finite.
  static void copyFinite(Stored stored, int n, int width, long from, int ld, long packed) {
    for (int row = 0; row < n; row++) {
      for (int k = 0; k < width; k++) {
        float value = stored.get(stored.at(from, row, ld, k));
        stored.put(stored.at(packed, row, width, k), Float.isFinite(value) ? value : 0);
      }
    }
  }
}
