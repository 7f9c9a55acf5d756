package dev.hindsight.draw;

import dev.hindsight.backend.Taps;
import dev.hindsight.model.gatedpixelcnn.GatedPixelCnn;
import java.util.Map;

/// Gated PixelCNN: the two stacks, the shift between them, the rows that its sampler keeps.
record GatedPixelCnnDrawings(GatedPixelCnn net) {
  Map<String, Svg> pictures() {
    int kept = net.blocks().getFirst().v().taps().reach() + 1;
    Svg rows = RowCache.draw(net.shape(), kept, net.blocks().size() + 1);
    return Map.of("gated-pixelcnn-stacks", stacks(), "gated-pixelcnn-sampler", rows);
  }

  private Svg stacks() {
    GatedPixelCnn.Block block = net.blocks().getFirst();
    Taps shift = block.vToH().taps();
    Svg svg = new Svg(880, 480);
    double cell = 84.0 / net.config().kernel();
    svg.text(150, 56, "b m", "vertical: rows above")
        .text(640, 56, "b m", "horizontal: to the left");
    taps(svg, 30, 92, cell, net.firstV().taps(), "image, %d taps");
    taps(svg, 700, 92, cell, net.firstH().taps(), "image, %d taps");
    svg.path("M150 104v114", "arrow").path("M640 104v114", "arrow");
    svg.box(90, 220, 120, 34, "convolution").box(580, 220, 120, 34, "convolution");
    taps(svg, 30, 284, cell, block.v().taps(), "block, %d taps");
    taps(svg, 740, 284, cell, block.h().taps(), "block, %d taps");
    svg.path("M210 237h368", "arrow");
    svg.text(395, 228, "m", "shifted down by one row, then 1 x 1");
    taps(svg, 360, 284, 84.0 / shift.k(), shift, "the shift: %d tap");
    svg.path("M150 254v160", "arrow").path("M640 254v34", "arrow");
    svg.box(580, 290, 120, 34, "gate, 1 x 1");
    svg.line(640, 324, 640, 356, "arrow");
    svg.circle(640, 368, 10, "box").text(640, 373, "m", "+");
    svg.path("M640 190h-90v178h78", "arrow");
    svg.line(640, 378, 640, 414, "arrow");
    svg.text(150, 436, "m", "gate, norm: next block");
    svg.text(640, 436, "m", "norm: next block, at the end the prediction");
    String note = "%d blocks of %d channels".formatted(net.blocks().size(), net.config().filters());
    return svg.text(16, 466, "s", note);
  }

  private static void taps(Svg svg, double x, double y, double cell, Taps taps, String label) {
    TapGrid.draw(svg, x, y, cell, taps, label.formatted(taps.count()));
  }
}
