package dev.hindsight.draw;

import dev.hindsight.backend.Taps;
import java.util.stream.IntStream;

/// The window of a convolution: which of its taps exist.
final class TapGrid {
  private TapGrid() {}

  static void draw(Svg svg, double x, double y, double cell, Taps taps, String label) {
    int k = taps.k();
    double centre = k * cell / 2; // k is odd
    svg.text(x, y - 10, "", label);
    svg.cells(
        x,
        y,
        cell,
        cell,
        "class=\"taps\" data-bits=\"%d\"".formatted(taps.bits()),
        k,
        k,
        (row, column) -> exists(taps, row * k + column) ? "seen" : "later");
    svg.frames(x, y, k * cell, k * cell, cell, cell)
        .circle(x + centre, y + centre, cell / 4, "self");
  }

  private static boolean exists(Taps taps, int tap) {
    return IntStream.of(taps.live()).anyMatch(live -> live == tap);
  }
}
