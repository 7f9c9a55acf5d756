package dev.hindsight.backend.cpu;

/// Each pixel's neighbours in its row side by side, zeros outside the image.
final class Neighbours {
  private Neighbours() {}

  /// `to[r,c,slot] = x[r, c + left + slot]`: the pixels that this one sees
  static void seen(
      Stored stored, TapRuns runs, int height, int width, int channels, long x, long to) {
    int slots = runs.slots();
    for (int row = 0; row < height; row++) {
      for (int column = 0; column < width; column++) {
        int first = Math.clamp(-(long) (column + runs.left()), 0, slots);
        int end = Math.clamp((long) width - (column + runs.left()), first, slots);
        long pixel = (long) row * width + column;
        long out = stored.at(to, pixel, slots * channels, 0);
        clear(stored, out, 0, first, channels);
        stored.copy(
            stored.at(x, pixel + runs.left() + first, channels, 0),
            stored.at(out, (long) first * channels),
            (long) (end - first) * channels);
        clear(stored, out, end, slots, channels);
      }
    }
  }

  /// `to[r,c,slot] = dy[r, c - left - slot]`: the pixels that saw this one
  static void seers(
      Stored stored, TapRuns runs, int height, int width, int channels, long dy, long to) {
    int slots = runs.slots();
    for (int row = 0; row < height; row++) {
      for (int column = 0; column < width; column++) {
        int first = Math.clamp((long) column - runs.left() - width + 1, 0, slots);
        int end = Math.clamp((long) column - runs.left() + 1, first, slots);
        long pixel = (long) row * width + column;
        long out = stored.at(to, pixel, slots * channels, 0);
        clear(stored, out, 0, first, channels);
        for (int slot = first; slot < end; slot++) {
          stored.copy(
              stored.at(dy, pixel - runs.left() - slot, channels, 0),
              stored.at(out, (long) slot * channels),
              channels);
        }
        clear(stored, out, end, slots, channels);
      }
    }
  }

  private static void clear(Stored stored, long out, int from, int to, int channels) {
    if (from < to) {
      stored.zero(stored.at(out, (long) from * channels), (long) (to - from) * channels);
    }
  }
}
