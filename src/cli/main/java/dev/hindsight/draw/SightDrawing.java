package dev.hindsight.draw;

import dev.hindsight.image.ImageShape;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.verify.Sight;

/// The receptive fields of three pixels of an image.
///
/// @param sight of pixels
record SightDrawing(Sight sight, ImageShape shape) {
  private static final int LONG_SIDE = 252; // of an image

  static Svg of(AutoregressiveModel model) {
    ImageShape shape = model.shape();
    return new SightDrawing(Sight.of(model).ofPixels(shape.channels()), shape).draw();
  }

  private Svg draw() {
    double cell = (double) LONG_SIDE / Math.max(shape.height(), shape.width());
    int width = (int) Math.round(shape.width() * cell);
    int height = (int) Math.round(shape.height() * cell);
    Svg svg = new Svg(3 * LONG_SIDE + 4 * 16, height + 104);
    draw(svg, near(9, 3), 16, cell); // the left border
    draw(svg, near(14, 14), 16 + width + 16, cell); // the middle
    draw(svg, near(20, 23), 16 + 2 * (width + 16), cell); // the right border
    return svg.legend(
        16,
        height + 90,
        "self the predicted pixel",
        "seen may influence it",
        "blind earlier, but never seen",
        "later later");
  }

  /// The pixel at this place of an image of 28x28, scaled.
  private int near(int row, int column) {
    return row * shape.height() / 28 * shape.width() + column * shape.width() / 28;
  }

  private void draw(Svg svg, int logit, int x, double cell) {
    int earlier = sight.of(logit).get(0, logit).cardinality(); // channels also see their own pixel
    String counts =
        "row %d, column %d: sees %d of %d"
            .formatted(shape.row(logit), shape.column(logit), earlier, logit);
    svg.text(x, 48, "s", counts);
    svg.cells(
        x,
        56,
        cell,
        cell,
        "class=\"sight\" data-logit=\"%d\"".formatted(logit),
        shape.height(),
        shape.width(),
        (row, column) -> look(logit, row * shape.width() + column));
  }

  private String look(int logit, int pixel) {
    if (pixel == logit) {
      return "self";
    }
    return sight.sees(logit, pixel) ? "seen" : pixel < logit ? "blind" : "later";
  }
}
