package dev.hindsight.draw;

import dev.hindsight.backend.Degrees;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/// A MADE of six pixels as nodes and edges: its hidden units in random order of their degrees, and
/// the same network with sorted units.
///
/// @param degrees of the units of each layer, the pixels first
record MadeNetwork(Svg svg, double x, List<int[]> degrees) {
  private static final int[] PIXELS = IntStream.rangeClosed(1, 6).toArray();
  private static final int SHOWN = 3; // the output whose inputs are lit
  private static final int[] FIRST = {4, 1, 5, 2, 1, 3, 5, 2};
  private static final int[] SECOND = {2, 5, 3, 1, 4, 2, 5, 4};

  static Svg draw() {
    Svg svg = new Svg(880, 470);
    new MadeNetwork(svg, 16, List.of(PIXELS, FIRST, SECOND, PIXELS)).draw("random order");
    new MadeNetwork(svg, 456, List.of(PIXELS, sorted(FIRST), sorted(SECOND), PIXELS))
        .draw("sorted by degree");
    return svg.legend(16, 456, "seen leads to the prediction of pixel 3", "self pixel 3");
  }

  private static int[] sorted(int[] degrees) {
    return Arrays.stream(degrees).sorted().toArray();
  }

  private void draw(String label) {
    svg.text(x, 50, "", label)
        .text(x, y(0) + 4, "s", "pixels")
        .text(x, y(3) + 4, "s", "predictions");
    int[] sizes = degrees.stream().mapToInt(layer -> layer.length).toArray();
    new LayerGraph(sizes, this::exists, SHOWN)
        .paint(
            (l, from, to, look) -> svg.line(x(l, from), y(l), x(l + 1, to), y(l + 1), look),
            this::unit);
    svg.cells(
        x + 150, 330, 12, 12, "class=\"mask\"", 8, 8, (o, i) -> exists(1, i, o) ? "seen" : "later");
  }

  private void unit(int layer, int k, boolean lit) {
    boolean end = layer == 0 || layer == degrees.size() - 1;
    boolean self = layer == degrees.size() - 1 && k == SHOWN;
    svg.circle(x(layer, k), y(layer), 11, self ? "self" : lit ? "seen" : "box");
    String label = end ? "x" + k : String.valueOf(degrees.get(layer)[k]);
    svg.text(x(layer, k), y(layer) + 4, lit ? "on" : "s m", label);
  }

  /// Asks [Degrees], which takes sorted units.
  private boolean exists(int layer, int from, int to) {
    int[] in = sorted(degrees.get(layer));
    int[] out = sorted(degrees.get(layer + 1));
    return new Degrees(in, out, layer + 2 == degrees.size())
        .exists(
            Arrays.binarySearch(out, degrees.get(layer + 1)[to]),
            Arrays.binarySearch(in, degrees.get(layer)[from]));
  }

  private double x(int layer, int k) {
    return x + 225 + (k - (degrees.get(layer).length - 1) / 2.0) * 46;
  }

  private static double y(int layer) {
    return 276 - layer * 66;
  }
}
