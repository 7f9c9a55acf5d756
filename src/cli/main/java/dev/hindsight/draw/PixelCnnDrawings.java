package dev.hindsight.draw;

import dev.hindsight.backend.Taps;
import dev.hindsight.model.pixelcnn.PixelCnn;
import java.util.Map;

/// PixelCNN: the taps of its two types of layers, and the rows that its sampler keeps.
record PixelCnnDrawings(PixelCnn net) {
  Map<String, Svg> pictures() {
    int kept = net.convolutions().getFirst().taps().reach() + 1;
    Svg rows = RowCache.draw(net.shape(), kept, net.convolutions().size() + 1);
    return Map.of("pixelcnn-taps", taps(), "pixelcnn-sampler", rows);
  }

  private Svg taps() {
    Taps first = net.first().taps();
    Taps others = net.convolutions().getFirst().taps();
    Svg svg = new Svg(620, 140 + 22 * first.k());
    taps(svg, 16, first, "A, first layer");
    taps(svg, 316, others, "B, %d layers".formatted(net.convolutions().size()));
    return svg.legend(
        16, 116 + 22 * first.k(), "seen has a weight", "later has none", "self the pixel");
  }

  private static void taps(Svg svg, double x, Taps taps, String name) {
    String label = "%s: %d of %d".formatted(name, taps.count(), taps.k() * taps.k());
    TapGrid.draw(svg, x, 74, 22, taps, label);
  }
}
