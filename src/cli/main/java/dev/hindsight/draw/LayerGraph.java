package dev.hindsight.draw;

/// Units in layers and the edges between neighbouring layers. Units and edges on a path to one unit
/// of the last layer are lit.
///
/// @param sizes units per layer, the input first
/// @param edges which exist
/// @param output the unit of the last layer whose inputs are lit
@SuppressWarnings("ArrayRecordComponent") // nobody compares them
record LayerGraph(int[] sizes, Edges edges, int output) {
  /// Whether unit `to` of layer `layer + 1` reads unit `from` of `layer`.
  interface Edges {
    boolean exist(int layer, int from, int to);
  }

  interface EdgePainter {
    void paint(int layer, int from, int to, String look);
  }

  interface UnitPainter {
    void paint(int layer, int unit, boolean lit);
  }

  /// Paints the edges, lit ones on top, then the units.
  void paint(EdgePainter edge, UnitPainter unit) {
    boolean[][] lit = lit();
    for (boolean hot : new boolean[] {false, true}) {
      for (int layer = 0; layer + 1 < sizes.length; layer++) {
        for (int from = 0; from < sizes[layer]; from++) {
          for (int to = 0; to < sizes[layer + 1]; to++) {
            if (lit[layer + 1][to] == hot && edges.exist(layer, from, to)) {
              edge.paint(layer, from, to, hot ? "hot" : "cold");
            }
          }
        }
      }
    }
    for (int layer = 0; layer < sizes.length; layer++) {
      for (int k = 0; k < sizes[layer]; k++) {
        unit.paint(layer, k, lit[layer][k]);
      }
    }
  }

  private boolean[][] lit() {
    boolean[][] lit = new boolean[sizes.length][];
    for (int layer = sizes.length - 1; layer >= 0; layer--) {
      lit[layer] = new boolean[sizes[layer]];
      for (int from = 0; from < sizes[layer]; from++) {
        lit[layer][from] = layer == sizes.length - 1 && from == output;
        for (int to = 0; layer + 1 < sizes.length && to < sizes[layer + 1]; to++) {
          lit[layer][from] |= lit[layer + 1][to] && edges.exist(layer, from, to);
        }
      }
    }
    return lit;
  }
}
