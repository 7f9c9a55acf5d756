package dev.hindsight.backend.cpu.conv;

import dev.hindsight.backend.Taps;
import java.util.ArrayList;
import java.util.List;

/// Taps as neighbours in a row, each of which is one matrix product.
///
/// @param left columns from the centre to the leftmost tap
/// @param slots columns from the leftmost to the rightmost tap
/// @param count of all taps, be they in a run here or not
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

    /// The first row that they see.
    int firstSeen() {
      return Math.max(0, down);
    }

    /// How many they see.
    int seen(int height) {
      return to(height) - from();
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

  /// Other runs of these taps, whose slots count from the leftmost of all; then they count from the
  /// leftmost of the runs.
  TapRuns with(List<Run> others) {
    if (others.isEmpty()) {
      return new TapRuns(others, 0, 1, count);
    }
    int first = others.stream().mapToInt(Run::slot).min().getAsInt();
    int end = others.stream().mapToInt(run -> run.slot() + run.length()).max().getAsInt();
    List<Run> moved =
        others.stream()
            .map(run -> new Run(run.first(), run.length(), run.down(), run.slot() - first))
            .toList();
    return new TapRuns(moved, left + first, end - first, count);
  }

  /// Whether who sees these taps of a row may see all of the row: it is not a pixel's own, or the
  /// pixel sees beyond itself.
  boolean seesRow(Run run) {
    return run.down() != 0 || left + run.slot() + run.length() > 1;
  }

  /// Whether all taps lie in the centre's column, so that an image serves as it is.
  boolean isColumn() {
    return slots == 1 && left == 0;
  }
}
