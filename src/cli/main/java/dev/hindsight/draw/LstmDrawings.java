package dev.hindsight.draw;

import static dev.hindsight.draw.SamplerMemory.kept;

import dev.hindsight.model.lstm.Lstm;
import java.util.Map;

/// The LSTM, unrolled, and the state that its sampler keeps.
record LstmDrawings(Lstm net) {
  private static final int STEPS = 5;

  Map<String, Svg> pictures() {
    return Map.of("lstm-unrolled", unrolled(), "lstm-sampler", memory());
  }

  private Svg unrolled() {
    int layers = net.layers().size();
    int shown = Math.min(layers, 3);
    int height = 200 + 70 * shown;
    Svg svg = new Svg(880, height);
    double bottom = height - 70;
    for (int t = 0; t < STEPS; t++) {
      double x = 90 + t * 160;
      svg.box(x - 44, bottom, 88, 32, t == 0 ? "zeros" : "pixel x%d".formatted(t - 1));
      for (int l = 0; l < shown; l++) {
        double y = bottom - 70 * (l + 1);
        svg.line(x, y + 68, x, y + 36, "arrow");
        svg.box(x - 44, y, 88, 34, "LSTM");
        svg.line(x + 44, y + 17, x + 114, y + 17, "arrow");
        svg.text(x + 79, y + 11, "s m", "h, c");
      }
      double top = bottom - 70 * shown;
      boolean last = t == STEPS - 1;
      svg.line(x, top, x, top - 32, "arrow").circle(x, top - 48, 14, last ? "self" : "box");
      svg.text(x, top - 44, last ? "on" : "s m", "x%d".formatted(t));
    }
    String note =
        "%d layer%s of %d units; a step also reads the row and column of its pixel"
            .formatted(layers, layers == 1 ? "" : "s", net.config().hidden());
    return svg.text(16, height - 16, "s", note);
  }

  private Svg memory() {
    SamplerMemory memory = new SamplerMemory();
    int units = net.config().hidden();
    for (int l = 1; l <= net.layers().size(); l++) {
      memory.row(
          "layer %d".formatted(l),
          kept(240, "h: %d numbers".formatted(units)),
          kept(240, "c: %d numbers".formatted(units)));
    }
    return memory.draw("the same size at the first and at the last pixel");
  }
}
