package dev.hindsight.draw;

import dev.hindsight.backend.Taps;
import dev.hindsight.model.pixelcnn.PixelCnn;
import java.util.List;

/// PixelCNN: the taps of its two kinds of layers, and the rows that its sampler keeps.
final class PixelCnnDrawings {
  private final PixelCnn net;

  PixelCnnDrawings(PixelCnn net) {
    this.net = net;
  }

  Chapter chapter() {
    return new Chapter(
        net.config().name(),
        "PixelCNN: half a window",
        "A convolution looks at a window around each pixel. Here only the part of it exists that"
            + " comes before the centre in reading order: the rows above, and what is to the left.",
        List.of(
            taps(),
            RowCache.draw(
                "pixelcnn-sampler",
                "PixelCNN: the rows that its sampler keeps",
                net.convolutions().getFirst().taps().reach() + 1,
                net.convolutions().size() + 1,
                "A pixel of a layer never changes once it is computed, and the layer above reaches"
                    + " only"
                    + " %d rows back. So a layer keeps that many rows and the one at hand, and lets"
                        .formatted(net.convolutions().getFirst().taps().reach())
                    + " the oldest go when a new one begins."),
            SightDrawing.of(
                net,
                "PixelCNN",
                "Windows stack up to a cone above the pixel. It widens to the right by half a"
                    + " window for each row, and what lies right of it is never seen, however deep"
                    + " the network: the blind spot.")));
  }

  private Drawing taps() {
    Taps first = net.first().taps();
    Taps others = net.convolutions().getFirst().taps();
    Svg svg = new Svg(620, 140 + 22 * first.k(), "PixelCNN: the taps that exist");
    TapGrid.draw(
        svg, 16, 74, 22, first, "A, first layer: %d of %d".formatted(first.count(), area(first)));
    TapGrid.draw(
        svg,
        316,
        74,
        22,
        others,
        "B, %d layers: %d of %d"
            .formatted(net.convolutions().size(), others.count(), area(others)));
    svg.legend(
        16,
        116 + 22 * first.k(),
        "seen",
        "has a weight",
        "later",
        "has none",
        "self",
        "the pixel itself");
    return new Drawing(
        "pixelcnn-taps",
        svg,
        "The first layer reads the image, so its own pixel is forbidden: type A. Later layers read"
            + " features of that place, which already look back only, so the centre is allowed:"
            + " type B.",
        "A tap that does not exist has no weight at all, rather than one that is multiplied by"
            + " zero.");
  }

  private static int area(Taps taps) {
    return taps.k() * taps.k();
  }
}
