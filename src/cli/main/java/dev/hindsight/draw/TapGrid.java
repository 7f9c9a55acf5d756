package dev.hindsight.draw;

import dev.hindsight.backend.Taps;
import java.util.stream.IntStream;

/// The window of a convolution: which of its taps exist.
final class TapGrid {
  private TapGrid() {}

  static void draw(Svg svg, double x, double y, double cell, Taps taps, String words) {
    int k = taps.k();
    int centre = k / 2;
    svg.text(x, y - 10, "", words);
    svg.grid(x, y, cell, "class=\"taps\" data-bits=\"%d\"".formatted(taps.bits()));
    svg.cells(k, k, "seen", (row, column) -> exists(taps, row, column));
    svg.cells(k, k, "later", (row, column) -> !exists(taps, row, column));
    svg.end();
    for (int line = 1; line < k; line++) {
      svg.line(x, y + line * cell, x + k * cell, y + line * cell, "frame");
      svg.line(x + line * cell, y, x + line * cell, y + k * cell, "frame");
    }
    svg.circle(x + (centre + 0.5) * cell, y + (centre + 0.5) * cell, cell / 4, "self");
  }

  private static boolean exists(Taps taps, int row, int column) {
    return IntStream.of(taps.live()).anyMatch(tap -> tap == row * taps.k() + column);
  }
}
