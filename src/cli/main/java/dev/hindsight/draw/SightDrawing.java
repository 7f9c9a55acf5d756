package dev.hindsight.draw;

import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.verify.Sight;
import java.util.function.IntPredicate;

/// What three pixels of an image are allowed to see, on the image itself.
final class SightDrawing {
  private static final int SIDE = AutoregressiveModel.SIDE;
  private static final double CELL = 9;
  private static final int WIDTH = (int) (SIDE * CELL);

  /// Near the left border, in the middle, near the right border.
  private static final int[] LOGITS = {9 * SIDE + 3, 14 * SIDE + 14, 20 * SIDE + 23};

  private SightDrawing() {}

  static Drawing of(AutoregressiveModel model, String heading, String... sentences) {
    return named(model.config().name(), model, heading, sentences);
  }

  /// @param name of the drawing, to which `-sight` is added
  static Drawing named(
      String name, AutoregressiveModel model, String heading, String... sentences) {
    Sight sight = Sight.of(model);
    Svg svg = new Svg(3 * WIDTH + 4 * 16, WIDTH + 104, "%s: who sees whom".formatted(heading));
    for (int k = 0; k < LOGITS.length; k++) {
      draw(svg, sight, LOGITS[k], 16 + k * (WIDTH + 16));
    }
    svg.legend(
        16,
        WIDTH + 90,
        "self",
        "the pixel that is predicted",
        "seen",
        "may influence it",
        "blind",
        "earlier, yet never seen",
        "later",
        "itself and the future");
    return new Drawing(name + "-sight", svg, sentences);
  }

  private static void draw(Svg svg, Sight sight, int logit, int x) {
    svg.text(
        x,
        48,
        "s",
        "row %d, column %d: sees %d of %d before it"
            .formatted(logit / SIDE, logit % SIDE, sight.of(logit).cardinality(), logit));
    svg.grid(x, 56, CELL, "class=\"sight\" data-logit=\"%d\"".formatted(logit));
    cells(svg, "later", pixel -> pixel > logit && !sight.sees(logit, pixel));
    cells(svg, "seen", pixel -> sight.sees(logit, pixel));
    cells(svg, "blind", pixel -> pixel < logit && !sight.sees(logit, pixel));
    cells(svg, "self", pixel -> pixel == logit);
    svg.end();
  }

  private static void cells(Svg svg, String look, IntPredicate which) {
    svg.cells(SIDE, SIDE, look, (row, column) -> which.test(row * SIDE + column));
  }
}
