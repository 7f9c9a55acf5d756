package dev.hindsight.backend.cpu;

import dev.hindsight.backend.Taps;
import java.util.ArrayList;
import java.util.List;

/// Taps as neighbours in a row, each of which is one matrix product.
///
/// @param left columns from the centre to the leftmost tap
/// @param slots columns from the leftmost to the rightmost tap
/// @param count of all taps
record TapRuns(List<Run> runs, int left, int slots, int count) {

  /// Taps side by side.
  ///
  /// @param first number of the first among all taps that exist
  /// @param length how many they are
  /// @param down rows from the centre to them
  /// @param slot columns from the leftmost of all taps to the first of these
  record Run(int first, int length, int down, int slot) {
    /// The first row of an image of which these taps see a row of it.
    int from() {
      return Math.max(0, -down);
    }

    /// One past the last row.
    int to(int height) {
      return Math.min(height, height - down);
    }
  }

  static TapRuns of(Taps taps) {
    int[] live = taps.live();
    int left = Integer.MAX_VALUE;
    int right = Integer.MIN_VALUE;
    for (int tap : live) {
      left = Math.min(left, taps.right(tap));
      right = Math.max(right, taps.right(tap));
    }
    List<Run> runs = new ArrayList<>();
    for (int first = 0; first < live.length; ) {
      int end = first + 1;
      while (end < live.length
          && live[end] == live[end - 1] + 1
          && taps.down(live[end]) == taps.down(live[first])) {
        end++;
      }
      int slot = taps.right(live[first]) - left;
      runs.add(new Run(first, end - first, taps.down(live[first]), slot));
      first = end;
    }
    return live.length == 0
        ? new TapRuns(List.of(), 0, 1, 0)
        : new TapRuns(List.copyOf(runs), left, right - left + 1, live.length);
  }

  /// Whether all taps lie in the centre's column, so that an image serves as it is.
  boolean isColumn() {
    return slots == 1 && left == 0;
  }
}
