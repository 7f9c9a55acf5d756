package dev.hindsight.draw;

import dev.hindsight.image.ImageShape;

/// What the sampler of a convolutional model keeps of each layer: its last rows, in a ring.
///
/// @param kept rows
record RowCache(int kept) {
  private static final int SIDE = ImageShape.MNIST.width();
  private static final double CELL = 8;
  private static final int ROW = 14; // of the current pixel
  private static final int COLUMN = 10;

  /// @param layers that keep so many rows, the image included
  static Svg draw(int kept, int layers) {
    Svg svg = new Svg(620, (int) (SIDE * CELL) + 116);
    svg.text(16, 50, "", "a layer, at row %d, column %d".formatted(ROW, COLUMN));
    svg.cells(16, 60, CELL, "class=\"image\"", SIDE, SIDE, new RowCache(kept)::look);
    double x = 300;
    svg.text(x, 50, "", "what is kept of it: row r at place r mod %d".formatted(kept));
    for (int place = 0; place < kept; place++) {
      int row = ROW - Math.floorMod(ROW - place, kept); // the latest at this place
      double y = 66 + 30 * place;
      svg.rect(x, y, SIDE * CELL, 18, "later");
      svg.rect(x, y, (row == ROW ? COLUMN : SIDE) * CELL, 18, "seen");
      if (row == ROW) {
        svg.rect(x + COLUMN * CELL, y, CELL, 18, "self");
      }
      svg.text(x + SIDE * CELL + 10, y + 13, "s", "row %d".formatted(row));
    }
    String count = "%d such caches, one of them for the image".formatted(layers);
    svg.text(x, 66 + 30 * kept + 14, "s", count);
    return svg.legend(
        16,
        SIDE * CELL + 96,
        "seen",
        "computed and kept",
        "gone",
        "computed, no longer needed",
        "later",
        "not yet computed",
        "self",
        "current");
  }

  private String look(int row, int column) {
    if (row > ROW || (row == ROW && column > COLUMN)) {
      return "later";
    }
    return row == ROW && column == COLUMN ? "self" : row <= ROW - kept ? "gone" : "seen";
  }
}
