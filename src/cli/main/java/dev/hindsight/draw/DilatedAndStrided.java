package dev.hindsight.draw;

/// Two ways to see far with few layers: one keeps every place, the other halves them.
final class DilatedAndStrided {
  private static final int PLACES = 8;
  private static final int LAYERS = 3;
  private static final double STEP = 46;

  private DilatedAndStrided() {}

  static Drawing draw() {
    Svg svg = new Svg(880, 270, "Dilated beside strided: both see eight places in three layers");
    half(svg, 16, "dilated by 1, 2, 4: an answer for every place", false);
    half(svg, 466, "strided by 2: one answer for all eight", true);
    return new Drawing(
        "wavenet-strided",
        svg,
        "Both trees reach eight places back with three layers of two taps.",
        "Strides throw every second place away on the way up. Dilations leave gaps between the taps"
            + " instead, so every place keeps a tree of its own, and every pixel gets its"
            + " prediction in the same pass.");
  }

  private static void half(Svg svg, double left, String words, boolean strided) {
    svg.text(left, 52, "", words);
    for (boolean hot : new boolean[] {false, true}) {
      for (int layer = 0; layer < LAYERS; layer++) {
        int reach = 1 << layer;
        for (int place = 0; place < PLACES; place++) {
          boolean leads = leads(layer + 1, place);
          if (leads == hot && exists(layer + 1, place, strided)) {
            line(svg, left, layer, place, place, hot);
            if (place >= reach) {
              line(svg, left, layer, place - reach, place, hot);
            }
          }
        }
      }
    }
    for (int layer = 0; layer <= LAYERS; layer++) {
      for (int place = 0; place < PLACES; place++) {
        if (exists(layer, place, strided)) {
          String look = layer == LAYERS && place == PLACES - 1 ? "self" : "seen";
          svg.circle(x(left, place), y(layer), 8, leads(layer, place) ? look : "box");
        }
      }
    }
  }

  /// Of strided layers every second place of the one below is left.
  private static boolean exists(int layer, int place, boolean strided) {
    return !strided || (place + 1) % (1 << layer) == 0;
  }

  /// Whether the last place of the last layer depends on it.
  private static boolean leads(int layer, int place) {
    return (PLACES - 1 - place) % (1 << layer) == 0;
  }

  private static void line(Svg svg, double left, int below, int from, int to, boolean hot) {
    svg.line(x(left, from), y(below), x(left, to), y(below + 1), hot ? "hot" : "cold");
  }

  private static double x(double left, int place) {
    return left + 20 + place * STEP;
  }

  private static double y(int layer) {
    return 244 - layer * 56;
  }
}
