package dev.hindsight.draw;

import dev.hindsight.backend.Degrees;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/// A MADE of six pixels as nodes and edges: its hidden units as degrees fell, and the same network
/// with them sorted.
final class MadeNetwork {
  private static final int PIXELS = 6;
  private static final int SHOWN = 3; // the output whose past is lit

  /// The degrees of two hidden layers, as a random draw might leave them.
  private static final List<int[]> HIDDEN =
      List.of(new int[] {4, 1, 5, 2, 1, 3, 5, 2}, new int[] {2, 5, 3, 1, 4, 2, 5, 4});

  private final Svg svg;

  private MadeNetwork(Svg svg) {
    this.svg = svg;
  }

  static Drawing draw() {
    Svg svg = new Svg(880, 470, "MADE: the same small network before and after sorting");
    MadeNetwork network = new MadeNetwork(svg);
    network.draw(16, "as the degrees fell", HIDDEN);
    List<int[]> sorted =
        HIDDEN.stream().map(layer -> Arrays.stream(layer).sorted().toArray()).toList();
    network.draw(456, "sorted by degree", sorted);
    svg.legend(16, 456, "seen", "leads to the prediction of pixel 3", "self", "pixel 3");
    return new Drawing(
        "made-network",
        svg,
        "The number in a node is its degree. Below, the mask between the two hidden layers: a"
            + " square is a weight that exists.",
        "Only pixels 0, 1 and 2 reach the prediction of pixel 3.",
        "Both networks compute the same; sorted, the mask is a staircase.");
  }

  /// Degrees from the pixels up, hidden units in the order given.
  private static List<int[]> all(List<int[]> hidden) {
    int[] pixels = IntStream.rangeClosed(1, PIXELS).toArray();
    return List.of(pixels, hidden.get(0), hidden.get(1), pixels);
  }

  /// Whether the weight from unit `i` to unit `o` of the layer above exists: [Degrees] decides, for
  /// sorted units.
  private static boolean exists(int[] in, int i, int[] out, int o, boolean last) {
    int[] sortedIn = Arrays.stream(in).sorted().toArray();
    int[] sortedOut = Arrays.stream(out).sorted().toArray();
    return new Degrees(sortedIn, sortedOut, last)
        .exists(Arrays.binarySearch(sortedOut, out[o]), Arrays.binarySearch(sortedIn, in[i]));
  }

  private void draw(double x, String words, List<int[]> hidden) {
    List<int[]> layers = all(hidden);
    boolean[][] lit = lit(layers);
    svg.text(x, 50, "", words);
    for (boolean hot : new boolean[] {false, true}) { // the lit ones on top
      for (int l = 0; l + 1 < layers.size(); l++) {
        edges(x, layers, l, lit, hot);
      }
    }
    for (int l = 0; l < layers.size(); l++) {
      for (int k = 0; k < layers.get(l).length; k++) {
        boolean self = l == layers.size() - 1 && k == SHOWN;
        svg.circle(column(x, layers.get(l), k), row(l), 11, look(self, lit[l][k]));
        boolean end = l == 0 || l == layers.size() - 1;
        svg.text(
            column(x, layers.get(l), k),
            row(l) + 4,
            self || lit[l][k] ? "on" : "s m",
            end ? "x" + k : String.valueOf(layers.get(l)[k]));
      }
    }
    svg.text(x, row(0) + 4, "s", "pixels").text(x, row(3) + 4, "s", "predictions");
    mask(x + 150, 330, layers.get(1), layers.get(2));
  }

  private static String look(boolean self, boolean lit) {
    return self ? "self" : lit ? "seen" : "box";
  }

  private void edges(double x, List<int[]> layers, int l, boolean[][] lit, boolean hot) {
    boolean last = l + 2 == layers.size();
    for (int i = 0; i < layers.get(l).length; i++) {
      for (int o = 0; o < layers.get(l + 1).length; o++) {
        boolean leads = lit[l][i] && (last ? o == SHOWN : lit[l + 1][o]);
        if (leads == hot && exists(layers.get(l), i, layers.get(l + 1), o, last)) {
          svg.line(
              column(x, layers.get(l), i),
              row(l),
              column(x, layers.get(l + 1), o),
              row(l + 1),
              hot ? "hot" : "cold");
        }
      }
    }
  }

  /// Which nodes have a path to the output that is shown.
  private static boolean[][] lit(List<int[]> layers) {
    boolean[][] lit = new boolean[layers.size()][];
    int top = layers.size() - 1;
    lit[top] = new boolean[layers.get(top).length];
    lit[top][SHOWN] = true;
    for (int l = top - 1; l >= 0; l--) {
      lit[l] = new boolean[layers.get(l).length];
      for (int i = 0; i < lit[l].length; i++) {
        for (int o = 0; o < lit[l + 1].length; o++) {
          lit[l][i] |=
              lit[l + 1][o] && exists(layers.get(l), i, layers.get(l + 1), o, l == top - 1);
        }
      }
    }
    return lit;
  }

  private static double column(double x, int[] layer, int k) {
    return x + 225 + (k - (layer.length - 1) / 2.0) * 46;
  }

  private static double row(int layer) {
    return 276 - layer * 66;
  }

  private void mask(double x, double y, int[] in, int[] out) {
    double cell = 12;
    svg.grid(x, y, cell, "class=\"mask\"");
    svg.cells(out.length, in.length, "later", (o, i) -> !exists(in, i, out, o, false));
    svg.cells(out.length, in.length, "seen", (o, i) -> exists(in, i, out, o, false));
    svg.end();
  }
}
