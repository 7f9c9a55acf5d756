package dev.hindsight.backend;

import java.util.Arrays;

/// Which weights of a masked linear layer exist (Germain et al. 2015, MADE, eqs. 8 and 9): `w[o,i]`
/// does when `out[o] >= in[i]`, or `out[o] > in[i]` when `strict` (the last layer).
///
/// Both sides are **sorted**, which only relabels hidden units. So the weights that exist form a
/// staircase: row `o` holds exactly the columns `i < live(o)`, and `live` never falls. Every
/// backend needs just these two counts, no mask, and whole tiles above the staircase are skipped.
public final class Degrees {
  private final int[] in;
  private final int[] out;
  private final boolean strict;
  private final int[] live;
  private final int[] first;

  /// @throws IllegalArgumentException when a side is not in ascending order
  public Degrees(int[] in, int[] out, boolean strict) {
    this.in = sorted("in", in);
    this.out = sorted("out", out);
    this.strict = strict;
    this.live = new int[out.length];
    this.first = new int[in.length];
    int i = 0;
    for (int o = 0; o < out.length; o++) {
      while (i < in.length && (strict ? in[i] < out[o] : in[i] <= out[o])) {
        first[i++] = o;
      }
      live[o] = i;
    }
    Arrays.fill(first, i, in.length, out.length);
  }

  private static int[] sorted(String side, int[] degrees) {
    for (int k = 1; k < degrees.length; k++) {
      if (degrees[k - 1] > degrees[k]) {
        throw new IllegalArgumentException(
            "degrees: '%s' must ascend but has %d before %d at %d; sort the hidden units"
                .formatted(side, degrees[k - 1], degrees[k], k));
      }
    }
    return degrees.clone();
  }

  public int inputs() {
    return in.length;
  }

  public int outputs() {
    return out.length;
  }

  public boolean strict() {
    return strict;
  }

  public int in(int i) {
    return in[i];
  }

  public int out(int o) {
    return out[o];
  }

  /// Output `o` sees exactly the inputs `0 .. live(o) - 1`.
  public int live(int o) {
    return live[o];
  }

  /// Input `i` is seen by exactly the outputs `firstOutput(i) .. outputs() - 1`.
  public int firstOutput(int i) {
    return first[i];
  }

  public boolean exists(int o, int i) {
    return i < live[o];
  }

  /// `live` of all outputs, for upload.
  public int[] liveCounts() {
    return live.clone();
  }

  /// `firstOutput` of all inputs, for upload.
  public int[] firstOutputs() {
    return first.clone();
  }

  /// Number of weights that exist.
  public long count() {
    return Arrays.stream(live).asLongStream().sum();
  }

  @Override
  public String toString() {
    return "degrees (%d, %d)%s".formatted(outputs(), inputs(), strict ? " strict" : "");
  }
}
