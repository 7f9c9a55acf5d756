package dev.hindsight.draw;

/// Two ways to reach far with few layers: dilations keep every position, strides halve them.
final class DilatedAndStrided {
  private static final int POSITIONS = 8;
  private static final int LAYERS = 4; // the input is one

  private DilatedAndStrided() {}

  static Svg draw() {
    Svg svg = new Svg(880, 270);
    half(svg, 16, "dilated by 1, 2, 4: an output for every position", false);
    half(svg, 466, "strided by 2: one output for all eight", true);
    return svg;
  }

  private static void half(Svg svg, double left, String label, boolean strided) {
    svg.text(left, 52, "", label);
    int[] sizes = {POSITIONS, POSITIONS, POSITIONS, POSITIONS};
    new LayerGraph(
            sizes,
            (layer, from, to) ->
                exists(layer + 1, to, strided) && (from == to || from == to - (1 << layer)),
            POSITIONS - 1)
        .paint(
            (layer, from, to, look) ->
                svg.line(x(left, from), y(layer), x(left, to), y(layer + 1), look),
            (layer, k, lit) -> {
              if (exists(layer, k, strided)) {
                boolean self = layer == LAYERS - 1 && lit;
                svg.circle(x(left, k), y(layer), 8, self ? "self" : lit ? "seen" : "box");
              }
            });
  }

  private static boolean exists(int layer, int position, boolean strided) {
    return !strided || (position + 1) % (1 << layer) == 0;
  }

  private static double x(double left, int position) {
    return left + 20 + position * 46;
  }

  private static double y(int layer) {
    return 244 - layer * 56;
  }
}
