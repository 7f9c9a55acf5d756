package dev.hindsight.draw;

import static dev.hindsight.draw.SamplerMemory.kept;

import dev.hindsight.backend.Taps;
import dev.hindsight.model.pixelrnn.PixelRnn;
import dev.hindsight.nn.RowLstm;
import java.util.Map;
import java.util.stream.IntStream;

/// PixelRNN: the inputs of a pixel, and the state that its sampler keeps.
record PixelRnnDrawings(PixelRnn net) {
  private static final int COLUMNS = 9;
  private static final int COLUMN = 4; // of the current pixel

  Map<String, Svg> pictures() {
    return switch (net.config().lstm()) {
      case ROW -> Map.of("pixel-rnn-rows", rows(), "pixel-rnn-sampler", memory(""));
      case DIAGONAL ->
          Map.of(
              "pixel-rnn-diagonal-steps",
              new DiagonalSteps(net).draw(),
              "pixel-rnn-diagonal-sampler",
              memory(", left to right", ", right to left"));
    };
  }

  private Svg rows() {
    RowLstm lstm = (RowLstm) net.blocks().getFirst().lstm();
    Taps state = lstm.state().taps();
    Taps input = lstm.input().taps();
    Svg svg = new Svg(880, 400);
    svg.text(16, 56, "b", "row above: states").text(16, 176, "b", "this row: input of the layer");
    for (int column = 0; column < COLUMNS; column++) {
      boolean above = has(state, column - COLUMN);
      boolean read = has(input, column - COLUMN);
      double x = x(column);
      svg.rect(x - 25, 66, 50, 30, above ? "seen" : "gone");
      svg.text(x, 86, above ? "on" : "s m", "h, c");
      svg.rect(x - 25, 186, 50, 30, read ? "seen" : column < COLUMN ? "gone" : "later");
      if (above) {
        svg.line(x, 98, x(COLUMN), 248, "arrow");
      }
      if (read) {
        svg.line(x, 218, x(COLUMN), 248, "arrow");
      }
    }
    svg.box(x(COLUMN) - 44, 250, 88, 34, "LSTM");
    svg.line(x(COLUMN), 286, x(COLUMN), 314, "arrow");
    svg.text(x(COLUMN), 332, "m", "h, c of this pixel, for the row below and the layer above");
    TapGrid.draw(svg, 640, 92, 12, net.first().taps(), label("image, %d taps", net.first().taps()));
    TapGrid.draw(svg, 640, 226, 28, input, label("a row, %d taps", input));
    TapGrid.draw(svg, 760, 226, 28, state, label("the row above, %d", state));
    svg.legend(16, 360, "seen read", "gone earlier", "later not yet drawn");
    return svg.text(16, 386, "s", note("Row LSTM", net));
  }

  private static String label(String label, Taps taps) {
    return label.formatted(taps.count());
  }

  static String note(String kind, PixelRnn net) {
    int layers = net.blocks().size();
    return "%d %s%s of %d units per pixel after the first convolution"
        .formatted(layers, kind, layers == 1 ? "" : "s", net.config().hidden());
  }

  private static boolean has(Taps taps, int right) {
    return IntStream.of(taps.live()).anyMatch(tap -> taps.right(tap) == right);
  }

  private static double x(int column) {
    return 41 + column * 62;
  }

  private Svg memory(String... directions) {
    int width = net.shape().width();
    int units = net.config().hidden();
    SamplerMemory memory = new SamplerMemory();
    for (int l = 1; l <= net.blocks().size(); l++) {
      for (String direction : directions) {
        memory.row(
            "layer %d%s".formatted(l, direction),
            kept(150, "h: %d x %d".formatted(width, units)),
            kept(150, "c: %d x %d".formatted(direction.isEmpty() ? width : 1, units)),
            kept(300, "input from the row above: %d x %d".formatted(width, 4 * units)));
      }
    }
    return memory.draw("numbers of one row; the next row overwrites them");
  }
}
