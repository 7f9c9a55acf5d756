package dev.hindsight.draw;

import dev.hindsight.backend.Taps;
import dev.hindsight.model.pixelrnn.PixelRnn;
import dev.hindsight.nn.RowLstm;
import java.util.List;

/// PixelRNN with Row LSTMs: their two convolutions, and the row that its sampler keeps.
final class PixelRnnDrawings {
  private static final int COLUMNS = 9;
  private static final int COLUMN = 4; // of the pixel at hand
  private static final double APART = 62;

  private final PixelRnn net;

  PixelRnnDrawings(PixelRnn net) {
    this.net = net;
  }

  Chapter chapter() {
    return new Chapter(
        net.config().name(),
        "PixelRNN: a memory for each column",
        "An LSTM goes down the rows, all columns of a row at once. A pixel hears from its own row"
            + " what lies to the left, and from the row above what three columns remember.",
        List.of(
            rows(),
            kept(),
            SightDrawing.of(
                net,
                "PixelRNN",
                "What lies above is remembered all the way up, in a triangle that a row widens by"
                    + " one column to either side and a layer by one more to the left. The blind"
                    + " spot to the right of it stays.")));
  }

  private Drawing rows() {
    RowLstm lstm = (RowLstm) net.blocks().getFirst().lstm();
    Taps state = lstm.state().taps();
    Taps input = lstm.input().taps();
    Svg svg = new Svg(880, 400, "PixelRNN: what a pixel hears in a Row LSTM");
    svg.text(16, 56, "b", "row above: states");
    svg.text(16, 176, "b", "this row: what the layer reads");
    for (int column = 0; column < COLUMNS; column++) {
      boolean heard = has(state, column - COLUMN);
      boolean read = has(input, column - COLUMN);
      double x = 16 + column * APART;
      svg.rect(x, 66, 50, 30, heard ? "seen" : "gone")
          .text(x + 25, 86, heard ? "on" : "s m", "h, c");
      svg.rect(x, 186, 50, 30, read ? "seen" : column < COLUMN ? "gone" : "later");
      if (heard) {
        svg.line(x + 25, 98, at(COLUMN), 248, "arrow");
      }
      if (read) {
        svg.line(x + 25, 218, at(COLUMN), 248, "arrow");
      }
    }
    svg.box(at(COLUMN) - 44, 250, 88, 34, "LSTM");
    svg.line(at(COLUMN), 286, at(COLUMN), 314, "arrow");
    svg.text(at(COLUMN), 332, "m", "h, c of this pixel, for the row below and the layer above");
    TapGrid.draw(
        svg,
        640,
        92,
        12,
        net.first().taps(),
        "the image, %d taps".formatted(net.first().taps().count()));
    TapGrid.draw(svg, 640, 226, 28, input, "a row, %d taps".formatted(input.count()));
    TapGrid.draw(svg, 760, 226, 28, state, "the row above, %d".formatted(state.count()));
    svg.legend(16, 360, "seen", "heard", "gone", "earlier", "later", "not yet drawn");
    svg.text(
        16,
        386,
        "s",
        "%d Row LSTM%s of %d units a pixel behind the first convolution"
            .formatted(
                net.blocks().size(), net.blocks().size() == 1 ? "" : "s", net.config().hidden()));
    return new Drawing(
        "pixel-rnn-rows",
        svg,
        "The row above is whole when this one begins, so its states may be heard to either side."
            + " In its own row a pixel hears what the first convolution made of the image strictly"
            + " before each place, up to its own.",
        "A row is one step: 28 steps instead of 784.");
  }

  private static boolean has(Taps taps, int right) {
    for (int tap : taps.live()) {
      if (taps.right(tap) == right) {
        return true;
      }
    }
    return false;
  }

  private static double at(int column) {
    return 16 + column * APART + 25;
  }

  private Drawing kept() {
    int layers = net.blocks().size();
    int hidden = net.config().hidden();
    Svg svg = new Svg(820, 100 + 40 * layers, "PixelRNN: what its sampler keeps");
    for (int l = 0; l < layers; l++) {
      double y = 54 + 40 * l;
      svg.text(16, y + 15, "", "layer %d".formatted(l + 1));
      svg.rect(90, y, 160, 22, "seen").text(170, y + 15, "on", "h: 28 x %d".formatted(hidden));
      svg.rect(262, y, 160, 22, "seen").text(342, y + 15, "on", "c: 28 x %d".formatted(hidden));
      svg.rect(434, y, 340, 22, "seen")
          .text(604, y + 15, "on", "said by the row above: 28 x %d".formatted(4 * hidden));
    }
    svg.text(16, 78 + 40 * layers, "s", "numbers of one row, which the next row overwrites");
    return new Drawing(
        "pixel-rnn-sampler",
        svg,
        "A pixel's state lies where that of the pixel above it lay. What a row says to the one below"
            + " is one product, once the row is whole. So drawing all pixels costs one pass.");
  }
}
