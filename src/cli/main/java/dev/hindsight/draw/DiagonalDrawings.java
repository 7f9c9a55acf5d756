package dev.hindsight.draw;

import dev.hindsight.backend.Diagonal;
import dev.hindsight.backend.Taps;
import dev.hindsight.image.ImageShape;
import dev.hindsight.model.pixelrnn.PixelRnn;
import java.util.List;

/// PixelRNN with Diagonal BiLSTMs: in what order they go through an image, and what its sampler
/// keeps.
final class DiagonalDrawings {
  private static final String NAME = "pixel-rnn-diagonal";
  private static final int ROWS = 6; // of the images drawn
  private static final int COLUMNS = 7;
  private static final int ROW = 3; // of the pixel at hand
  private static final int COLUMN = 3;
  private static final double CELL = 40;
  private static final double TOP = 74;

  private final PixelRnn net;

  DiagonalDrawings(PixelRnn net) {
    this.net = net;
  }

  Chapter chapter() {
    return new Chapter(
        NAME,
        "PixelRNN: diagonals from both corners",
        "Two LSTMs go through the image at once, each from one of the upper corners, all pixels of"
            + " a diagonal in a step. A pixel hears the one above it and the one beside it. What"
            + " comes from the right is heard a row further down.",
        List.of(
            steps(),
            kept(),
            SightDrawing.named(
                NAME,
                net,
                "PixelRNN with Diagonal BiLSTMs",
                "From the left comes all that is above and to the left, from the right all that is"
                    + " above and to the right: one layer sees every earlier pixel but one, the"
                    + " last of the row above. Only the first convolution could show that one, and it"
                    + " shows a place what is before it.")));
  }

  private Drawing steps() {
    int side = ImageShape.MNIST.width();
    Svg svg = new Svg(940, 420, "PixelRNN: the steps of a Diagonal BiLSTM");
    double right = 16 + COLUMNS * CELL + 50;
    image(svg, 16, false, "from the left: fixed pitch %d".formatted(pitch(side, false)));
    image(svg, right, true, "from the right: fixed pitch %d".formatted(pitch(side, true)));
    double beyond = right + COLUMNS * CELL + 50;
    TapGrid.draw(svg, beyond, TOP + 20, 28, Taps.columnBefore(), "in the skewed image: 2 x 1 taps");
    svg.text(beyond, TOP + 126, "s", "of the diagonal before: the");
    svg.text(beyond, TOP + 142, "s", "pixel above, and the one beside");
    svg.legend(
        16,
        TOP + ROWS * CELL + 40,
        "self",
        "the pixel at hand",
        "seen",
        "its diagonal",
        "good",
        "heard, of the diagonal before",
        "gone",
        "other steps",
        "later",
        "never gone through");
    svg.text(
        16,
        TOP + ROWS * CELL + 66,
        "s",
        "%d Diagonal BiLSTM%s of %d units a pixel behind the first convolution; %d steps each"
            .formatted(
                net.blocks().size(),
                net.blocks().size() == 1 ? "" : "s",
                net.config().hidden(),
                Diagonal.steps(side, side)));
    return new Drawing(
        NAME + "-steps",
        svg,
        "A number is the step in which a pixel is reached. Pixels of a diagonal need nothing of each"
            + " other, and lie a fixed pitch apart in memory: %d places of an image of %d columns,"
                .formatted(pitch(side, false), side)
            + " or %d from the right. So the image is never skewed.".formatted(pitch(side, true)),
        "What comes from the right has seen the rest of its row, so it goes to the pixel below; its"
            + " last row would go nowhere and is left out.");
  }

  private static int pitch(int side, boolean leftward) {
    return new Diagonal(side, 1, side, leftward, 0).pitch();
  }

  private static void image(Svg svg, double x, boolean leftward, String words) {
    int rows = leftward ? ROWS - 1 : ROWS;
    int at = ROW + (leftward ? COLUMNS - 1 - COLUMN : COLUMN);
    svg.text(x, TOP - 14, "b", words);
    for (int step = 0; step < Diagonal.steps(rows, COLUMNS); step++) {
      Diagonal d = new Diagonal(rows, 1, COLUMNS, leftward, step);
      for (int k = 0; k < d.count(); k++) {
        int row = d.top() + k;
        int column = d.column(k);
        boolean heard = step == at - 1 && (row == ROW || row == ROW - 1);
        String look = step == at ? "seen" : heard ? "good" : "gone";
        cell(svg, x, row, column, row == ROW && column == COLUMN ? "self" : look);
        svg.text(
            centre(x, column),
            TOP + row * CELL + 23,
            look.equals("gone") ? "s m" : "on",
            String.valueOf(step));
      }
    }
    for (int column = 0; leftward && column < COLUMNS; column++) {
      cell(svg, x, rows, column, "later");
    }
    if (leftward) { // out, and a row down
      svg.line(
          centre(x, COLUMN),
          TOP + ROW * CELL + 28,
          centre(x, COLUMN),
          TOP + (ROW + 1) * CELL + 6,
          "arrow");
    }
  }

  private static void cell(Svg svg, double x, int row, int column, String look) {
    svg.rect(x + column * CELL, TOP + row * CELL, CELL - 3, CELL - 3, look);
  }

  private static double centre(double x, int column) {
    return x + column * CELL + (CELL - 3) / 2;
  }

  private Drawing kept() {
    int layers = net.blocks().size();
    int hidden = net.config().hidden();
    Svg svg = new Svg(820, 100 + 72 * layers, "PixelRNN: what its sampler keeps of diagonals");
    for (int l = 0; l < layers; l++) {
      svg.text(16, 69 + 72 * l, "", "layer %d".formatted(l + 1));
      row(svg, 54 + 72 * l, "left to right", hidden);
      row(svg, 84 + 72 * l, "right to left", hidden);
    }
    svg.text(16, 78 + 72 * layers, "s", "numbers of one row, which the next row overwrites");
    return new Drawing(
        NAME + "-sampler",
        svg,
        "While a row is drawn, the LSTM from the left goes along with it, a pixel at a time. The one"
            + " from the right goes through the row once it is whole, for the next row alone hears"
            + " of it. So drawing all pixels costs one pass, although no diagonal is ever whole.");
  }

  private static void row(Svg svg, double y, String way, int hidden) {
    svg.text(90, y + 15, "s", way);
    svg.rect(170, y, 150, 22, "seen").text(245, y + 15, "on", "h: 28 x %d".formatted(hidden));
    svg.rect(332, y, 90, 22, "seen").text(377, y + 15, "on", "c: %d".formatted(hidden));
    svg.rect(434, y, 340, 22, "seen")
        .text(604, y + 15, "on", "said by the row above: 28 x %d".formatted(4 * hidden));
  }
}
