package dev.hindsight.draw;

import dev.hindsight.backend.Diagonal;
import dev.hindsight.backend.Taps;
import dev.hindsight.image.ImageShape;
import dev.hindsight.model.pixelrnn.PixelRnn;

/// The order in which Diagonal BiLSTMs run over an image.
record DiagonalSteps(PixelRnn net) {
  private static final int ROWS = 6; // of the images drawn
  private static final int COLUMNS = 7;
  private static final int ROW = 3; // of the current pixel
  private static final int COLUMN = 3;
  private static final double CELL = 40;
  private static final double TOP = 74;

  Svg draw() {
    Svg svg = new Svg(940, 420);
    double right = 16 + COLUMNS * CELL + 50;
    image(svg, 16, net.shape(), false);
    image(svg, right, net.shape(), true);
    double beyond = right + COLUMNS * CELL + 50;
    TapGrid.draw(svg, beyond, TOP + 20, 28, Taps.columnBefore(), "in the skewed image: 2 x 1 taps");
    svg.text(beyond, TOP + 126, "s", "of the diagonal before: the");
    svg.text(beyond, TOP + 142, "s", "pixel above, and the one beside");
    svg.legend(
        16,
        TOP + ROWS * CELL + 40,
        "self current pixel",
        "seen its diagonal",
        "good its inputs, in the diagonal before",
        "gone other steps",
        "later left out");
    String note = PixelRnnDrawings.note("Diagonal BiLSTM", net);
    String steps =
        "%s; %d steps each"
            .formatted(note, Diagonal.steps(net.shape().height(), net.shape().width()));
    return svg.text(16, TOP + ROWS * CELL + 66, "s", steps);
  }

  private static void image(Svg svg, double x, ImageShape shape, boolean leftward) {
    int pitch = new Diagonal(shape.height(), 1, shape.width(), leftward, 0).pitch();
    String label = "from the %s: fixed pitch %d".formatted(leftward ? "right" : "left", pitch);
    svg.text(x, TOP - 14, "b", label);
    int rows = leftward ? ROWS - 1 : ROWS;
    int now = ROW + (leftward ? COLUMNS - 1 - COLUMN : COLUMN);
    for (int step = 0; step < Diagonal.steps(rows, COLUMNS); step++) {
      Diagonal diagonal = new Diagonal(rows, 1, COLUMNS, leftward, step);
      for (int k = 0; k < diagonal.count(); k++) {
        int row = diagonal.top() + k;
        int column = diagonal.column(k);
        boolean input = step == now - 1 && (row == ROW || row == ROW - 1);
        String look = step == now ? "seen" : input ? "good" : "gone";
        cell(svg, x, row, column, row == ROW && column == COLUMN ? "self" : look);
        svg.text(
            centre(x, column),
            TOP + row * CELL + 23,
            look.equals("gone") ? "s m" : "on",
            String.valueOf(step));
      }
    }
    if (leftward) {
      for (int column = 0; column < COLUMNS; column++) {
        cell(svg, x, rows, column, "later");
      }
      double below = TOP + (ROW + 1) * CELL;
      svg.line(centre(x, COLUMN), below - 12, centre(x, COLUMN), below + 6, "arrow");
    }
  }

  private static void cell(Svg svg, double x, int row, int column, String look) {
    svg.rect(x + column * CELL, TOP + row * CELL, CELL - 3, CELL - 3, look);
  }

  private static double centre(double x, int column) {
    return x + column * CELL + (CELL - 3) / 2;
  }
}
