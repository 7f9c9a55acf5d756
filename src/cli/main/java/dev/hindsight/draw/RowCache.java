package dev.hindsight.draw;

import dev.hindsight.image.ImageShape;

/// What a sampler of convolutions keeps of each layer: its last rows, written round and round.
final class RowCache {
  private static final int SIDE = ImageShape.MNIST.width();
  private static final double CELL = 8;
  private static final int ROW = 14; // the pixel at hand
  private static final int COLUMN = 10;

  private RowCache() {}

  /// @param kept rows
  /// @param layers that keep so many, the image included
  static Drawing draw(String name, String title, int kept, int layers, String... sentences) {
    Svg svg = new Svg(620, SIDE * 8 + 116, title);
    svg.text(16, 50, "", "a layer, at row 14, column 10");
    svg.grid(16, 60, CELL, "class=\"image\"");
    svg.cells(SIDE, SIDE, "later", (row, column) -> !computed(row, column));
    svg.cells(SIDE, SIDE, "gone", (row, column) -> computed(row, column) && row <= ROW - kept);
    svg.cells(SIDE, SIDE, "seen", (row, column) -> computed(row, column) && row > ROW - kept);
    svg.cells(SIDE, SIDE, "self", (row, column) -> row == ROW && column == COLUMN);
    svg.end();
    double x = 300;
    svg.text(x, 50, "", "what is kept of it: row r lies at r mod %d".formatted(kept));
    for (int place = 0; place < kept; place++) {
      int row = ROW - Math.floorMod(ROW - place, kept); // the latest that lies there
      double y = 66 + 30 * place;
      svg.rect(x, y, SIDE * CELL, 18, "later");
      svg.rect(x, y, (row == ROW ? COLUMN : SIDE) * CELL, 18, "seen");
      if (row == ROW) {
        svg.rect(x + COLUMN * CELL, y, CELL, 18, "self");
      }
      svg.text(x + SIDE * CELL + 10, y + 13, "s", "row %d".formatted(row));
    }
    svg.text(
        x,
        66 + 30 * kept + 14,
        "s",
        "%d such caches, the image's own among them".formatted(layers));
    svg.legend(
        16,
        SIDE * CELL + 96,
        "seen",
        "computed and kept",
        "gone",
        "computed, no longer needed",
        "later",
        "not yet computed",
        "self",
        "at hand");
    return new Drawing(name, svg, sentences);
  }

  private static boolean computed(int row, int column) {
    return row < ROW || (row == ROW && column < COLUMN);
  }
}
