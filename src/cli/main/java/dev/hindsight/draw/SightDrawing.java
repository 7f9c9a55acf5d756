package dev.hindsight.draw;

import dev.hindsight.image.ImageShape;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.verify.Sight;
import java.util.function.IntPredicate;

/// What three pixels of an image are allowed to see, on the image itself.
final class SightDrawing {
  private static final int LONG_SIDE = 252; // of an image

  private final Sight sight;
  private final ImageShape shape;
  private final double cell;
  private final Svg svg;

  private SightDrawing(AutoregressiveModel model, String title) {
    sight = Sight.of(model);
    shape = model.shape();
    cell = (double) LONG_SIDE / Math.max(shape.height(), shape.width());
    int width = (int) Math.round(shape.width() * cell);
    int height = (int) Math.round(shape.height() * cell);
    svg = new Svg(3 * LONG_SIDE + 4 * 16, height + 104, title);
    draw(near(9, 3), 16); // the left border
    draw(near(14, 14), 16 + width + 16); // the middle
    draw(near(20, 23), 16 + 2 * (width + 16)); // the right border
    svg.legend(
        16,
        height + 90,
        "self",
        "the pixel that is predicted",
        "seen",
        "may influence it",
        "blind",
        "earlier, yet never seen",
        "later",
        "itself and the future");
  }

  /// The pixel that lies where one of an image of 28x28 would.
  private int near(int row, int column) {
    return row * shape.height() / 28 * shape.width() + column * shape.width() / 28;
  }

  static Drawing of(AutoregressiveModel model, String heading, String... sentences) {
    return named(model.config().name(), model, heading, sentences);
  }

  /// @param name of the drawing, to which `-sight` is added
  static Drawing named(
      String name, AutoregressiveModel model, String heading, String... sentences) {
    Svg svg = new SightDrawing(model, "%s: who sees whom".formatted(heading)).svg;
    return new Drawing(name + "-sight", svg, sentences);
  }

  private void draw(int logit, int x) {
    svg.text(
        x,
        48,
        "s",
        "row %d, column %d: sees %d of %d before it"
            .formatted(
                shape.row(logit), shape.column(logit), sight.of(logit).cardinality(), logit));
    svg.grid(x, 56, cell, "class=\"sight\" data-logit=\"%d\"".formatted(logit));
    cells("later", pixel -> pixel > logit && !sight.sees(logit, pixel));
    cells("seen", pixel -> sight.sees(logit, pixel));
    cells("blind", pixel -> pixel < logit && !sight.sees(logit, pixel));
    cells("self", pixel -> pixel == logit);
    svg.end();
  }

  private void cells(String look, IntPredicate which) {
    svg.cells(
        shape.height(),
        shape.width(),
        look,
        (row, column) -> which.test(row * shape.width() + column));
  }
}
