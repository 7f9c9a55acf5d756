package dev.hindsight.backend.cpu.conv;

import dev.hindsight.backend.cpu.product.Matrix;
import dev.hindsight.backend.cpu.product.Stored;

/// Each pixel's neighbours in its row side by side, zeros outside the image: from rows of pixels to
/// (pixels, slots·C).
final class Neighbours {
  private Neighbours() {}

  /// `to[r,c,slot] = x[r, c + left + slot]`: the pixels that this one sees
  ///
  /// @param start the first of `pixels` rows of x, whole rows of images
  /// @return where they are: x has them as they are where there is one slot, the centre's
  static long seen(Matrix x, int start, int pixels, TapRuns runs, int width, long to) {
    if (runs.isColumn()) {
      return x.row(start);
    }
    Stored stored = x.stored();
    int slots = runs.slots();
    long channels = x.columns();
    long from = x.row(start);
    for (int pixel = 0; pixel < pixels; pixel++) {
      int left = pixel % width + runs.left();
      int first = Math.clamp(-(long) left, 0, slots);
      int end = Math.clamp((long) width - left, first, slots);
      long out = stored.at(to, pixel * (slots * channels));
      clear(stored, out, 0, first * channels);
      stored.copy(
          stored.at(from, (pixel + runs.left() + first) * channels),
          stored.at(out, first * channels),
          (end - first) * channels);
      clear(stored, out, end * channels, slots * channels);
    }
    return to;
  }

  /// `to[r,c,slot] = dy[r, c - left - slot]`: the pixels that saw this one
  ///
  /// @param start as in [#seen], and so is the result
  static long seers(Matrix dy, int start, int pixels, TapRuns runs, int width, long to) {
    if (runs.isColumn()) {
      return dy.row(start);
    }
    Stored stored = dy.stored();
    int slots = runs.slots();
    long channels = dy.columns();
    long from = dy.row(start);
    for (int pixel = 0; pixel < pixels; pixel++) {
      long right = pixel % width - (long) runs.left();
      int first = Math.clamp(right - width + 1, 0, slots);
      int end = Math.clamp(right + 1, first, slots);
      long out = stored.at(to, pixel * (slots * channels));
      clear(stored, out, 0, first * channels);
      for (int slot = first; slot < end; slot++) {
        long seer = stored.at(from, (pixel - runs.left() - slot) * channels);
        stored.copy(seer, stored.at(out, slot * channels), channels);
      }
      clear(stored, out, end * channels, slots * channels);
    }
    return to;
  }

  private static void clear(Stored stored, long out, long from, long to) {
    if (from < to) {
      stored.zero(stored.at(out, from), to - from);
    }
  }
}
