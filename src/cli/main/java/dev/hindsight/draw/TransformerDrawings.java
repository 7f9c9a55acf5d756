package dev.hindsight.draw;

import dev.hindsight.draw.Tiling.Tile;
import dev.hindsight.image.ImageShape;
import dev.hindsight.model.transformer.Transformer;
import java.util.List;
import java.util.Locale;

/// The Transformer: the triangle of attention with its tiles, and the keys and values that its
/// sampler keeps.
final class TransformerDrawings {
  /// Rows and columns of the tiles of `causal_attention.cu`.
  static final int TILE_ROWS = 112;

  static final int TILE_COLUMNS = 56;

  private static final int PIXELS = ImageShape.MNIST.pixels();
  private static final int HALF = PIXELS / 2;

  private final Transformer net;

  TransformerDrawings(Transformer net) {
    this.net = net;
  }

  Chapter chapter() {
    return new Chapter(
        net.config().name(),
        "Transformer: attention that looks back",
        "Every position asks all positions up to itself for what it needs, and weighs their"
            + " answers. Not weights are left out here but scores: those with later positions are"
            + " never computed.",
        List.of(
            triangle(),
            keys(),
            SightDrawing.of(
                net,
                "Transformer",
                "One layer of attention already reaches every earlier pixel. How far away a pixel"
                    + " is makes no difference, other than what the model learns of its place.")));
  }

  static Tiling tiling() {
    return new Tiling(PIXELS, PIXELS, TILE_ROWS, TILE_COLUMNS, position -> position + 1);
  }

  private Drawing triangle() {
    Tiling tiling = tiling();
    double scale = 0.42;
    double side = PIXELS * scale;
    Svg svg = new Svg(880, (int) side + 110, "Transformer: the triangle of attention");
    svg.text(16, 50, "s", "rows: who asks; columns: who is asked");
    tiling.draw(svg, 16, 60, scale, "class=\"tiles\"");
    double x = side + 60;
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
    svg.text(x, 292, "s", "position 4 predicts pixel 4; it has read pixels 0 to 3 and the start");
    svg.text(
        x,
        326,
        "",
        String.format(
            Locale.ROOT, "%.0f %% of the tiles are skipped,", 100 * tiling.share(Tile.SKIPPED)));
    svg.text(
        x, 344, "", "%d blocks of %d heads".formatted(net.config().layers(), net.config().heads()));
    svg.legend(
        16,
        side + 92,
        "whole",
        "tile computed",
        "cut",
        "computed, positions compared",
        "skipped",
        "never visited");
    return new Drawing(
        "transformer-triangle",
        svg,
        "Position t reads pixel t - 1, the first one a start of its own. It may attend to itself"
            + " and to all before it, which is the triangle; what lies above is no score that is"
            + " set to minus infinity but one that does not exist.",
        "The kernels walk over the tiles that touch the triangle and compare positions only in"
            + " those that the diagonal cuts.");
  }

  private Drawing keys() {
    Svg svg = new Svg(720, 190, "Transformer: keys and values of what was read");
    String[] names = {"keys", "values"};
    for (int k = 0; k < names.length; k++) {
      double y = 60 + 34 * k;
      svg.text(16, y + 14, "", names[k]);
      svg.rect(90, y, 600.0 * HALF / PIXELS, 20, "seen");
      svg.rect(90 + 600.0 * HALF / PIXELS, y, 600 - 600.0 * HALF / PIXELS, 20, "later");
      svg.rect(90 + 600.0 * HALF / PIXELS, y - 3, 4, 26, "self");
    }
    svg.text(
        90,
        146,
        "s",
        "%d blocks x 784 positions x %d channels, each written once"
            .formatted(net.config().layers(), net.config().width()));
    svg.legend(
        90, 174, "seen", "kept", "self", "position 392 writes its own", "later", "empty yet");
    return new Drawing(
        "transformer-sampler",
        svg,
        "What an earlier position answers never depends on later ones, so its key and its value are"
            + " computed once and kept. A new pixel asks them all, with one query.");
  }
}
