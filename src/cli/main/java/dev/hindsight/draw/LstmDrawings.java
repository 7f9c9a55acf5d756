package dev.hindsight.draw;

import dev.hindsight.model.lstm.Lstm;
import java.util.List;

/// The LSTM, unrolled, and the state that it carries.
final class LstmDrawings {
  private static final int STEPS = 5;

  private final Lstm net;

  LstmDrawings(Lstm net) {
    this.net = net;
  }

  Chapter chapter() {
    return new Chapter(
        net.config().name(),
        "LSTM: a memory that has read what came before",
        "The same small network is run once for each pixel and hands its state on. Order itself"
            + " hides the future: what has not been read cannot have been remembered.",
        List.of(
            unrolled(),
            state(),
            SightDrawing.of(
                net,
                "LSTM",
                "In principle everything that was read is seen. In practice it has to survive in"
                    + " the state, one step at a time, which the measured influence on the page"
                    + " shows.")));
  }

  private Drawing unrolled() {
    int layers = net.layers().size();
    int shown = Math.min(layers, 3);
    int height = 200 + 70 * shown;
    Svg svg = new Svg(880, height, "LSTM: unrolled over the first five pixels");
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
      svg.line(x, top, x, top - 32, "arrow");
      svg.circle(x, top - 48, 14, t == STEPS - 1 ? "self" : "box");
      svg.text(x, top - 44, t == STEPS - 1 ? "on" : "s m", "x%d".formatted(t));
    }
    svg.text(
        16,
        height - 16,
        "s",
        "%d layer%s of %d units; a step also reads row and column of its pixel"
            .formatted(layers, layers == 1 ? "" : "s", net.config().hidden()));
    return new Drawing(
        "lstm-unrolled",
        svg,
        "Step t reads pixel t - 1 and predicts pixel t; the first reads zeros.",
        "Arrows run upwards and to the right only, so no prediction can hear of a later pixel.");
  }

  private Drawing state() {
    int layers = net.layers().size();
    Svg svg = new Svg(720, 100 + 40 * layers, "LSTM: what its sampler keeps");
    for (int l = 0; l < layers; l++) {
      double y = 54 + 40 * l;
      svg.text(16, y + 15, "", "layer %d".formatted(l + 1));
      svg.rect(90, y, 240, 22, "seen").text(210, y + 15, "on", "h: %d numbers".formatted(hidden()));
      svg.rect(350, y, 240, 22, "seen")
          .text(470, y + 15, "on", "c: %d numbers".formatted(hidden()));
    }
    svg.text(16, 78 + 40 * layers, "s", "the same room at pixel 1 and at pixel 783");
    return new Drawing(
        "lstm-sampler",
        svg,
        "Drawing a pixel needs the state that the pixel before left, and nothing else. No sampler"
            + " keeps less.");
  }

  private int hidden() {
    return net.config().hidden();
  }
}
