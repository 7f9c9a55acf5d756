package dev.hindsight.draw;

import static dev.hindsight.draw.SamplerMemory.part;

import dev.hindsight.draw.Tiling.Tile;
import dev.hindsight.model.transformer.Transformer;
import java.util.Locale;
import java.util.Map;

/// The Transformer: the triangle of attention with its tiles, and the keys and values that its
/// sampler keeps.
record TransformerDrawings(Transformer net) {
  /// Rows and columns of the tiles of `causal_attention.cu`.
  static final int TILE_ROWS = 112;

  static final int TILE_COLUMNS = 56;
  private static final double SIDE = 329.28; // of the triangle

  Map<String, Svg> pictures() {
    return Map.of("transformer-triangle", triangle(), "transformer-sampler", memory());
  }

  Tiling tiling() {
    int pixels = net.shape().pixels();
    return new Tiling(pixels, pixels, TILE_ROWS, TILE_COLUMNS, position -> position + 1);
  }

  private Svg triangle() {
    Tiling tiling = tiling();
    double scale = SIDE / net.shape().pixels();
    Svg svg = new Svg(880, (int) SIDE + 110);
    svg.text(16, 50, "s", "rows: queries; columns: keys");
    tiling.draw(svg, 16, 60, scale, scale, "class=\"tiles\"");
    double x = SIDE + 60;
    svg.text(x, 84, "", "what position t reads");
    for (int t = 0; t < 6; t++) {
      double at = x + 10 + t * 72;
      svg.box(at, 190, 56, 30, t == 0 ? "start" : "x" + (t - 1));
      svg.line(at + 28, 188, at + 28, 148, "arrow");
      svg.circle(at + 28, 134, 12, t == 4 ? "self" : "box");
      svg.text(at + 28, 138, t == 4 ? "on" : "s m", "x" + t);
      if (t <= 4) {
        svg.path("M%d 222q%d 46 %d 8".formatted((int) at + 28, (4 - t) * 36, (4 - t) * 72), "hot");
      }
    }
    svg.text(x, 292, "s", "position 4 predicts pixel 4; it has read the start and pixels 0 to 3");
    double skipped = 100 * tiling.share(Tile.SKIPPED);
    svg.text(x, 326, "", String.format(Locale.ROOT, "%.0f %% of the tiles are skipped", skipped));
    String size = "%d blocks of %d heads".formatted(net.config().layers(), net.config().heads());
    svg.text(x, 344, "", size);
    return svg.legend(
        16,
        SIDE + 92,
        "whole tile computed",
        "cut computed, positions compared",
        "skipped skipped");
  }

  private Svg memory() {
    int pixels = net.shape().pixels();
    int half = pixels / 2;
    double kept = 600.0 * half / pixels;
    SamplerMemory memory = new SamplerMemory();
    for (String each : new String[] {"keys", "values"}) {
      memory.row(each, part("seen", kept), part("self", 4), part("later", 596 - kept));
    }
    return memory.draw(
        "%d blocks x %d positions x %d channels, each written once"
            .formatted(net.config().layers(), pixels, net.config().width()),
        "seen kept",
        "self written at position %d".formatted(half),
        "later still empty");
  }
}
