package dev.hindsight.draw;

import dev.hindsight.image.ImageShape;

/// What the sampler of a convolutional model keeps of each layer: its last rows, in a ring.
///
/// @param shape of the images
/// @param kept rows
/// @param row of the current pixel
/// @param column of the current pixel
record RowCache(ImageShape shape, int kept, int row, int column) {
  private static final double LONG_SIDE = 224;

  /// @param layers that keep so many rows, the image included
  static Svg draw(ImageShape shape, int kept, int layers) {
    return new RowCache(shape, kept, shape.height() / 2, shape.width() * 5 / 14).draw(layers);
  }

  private Svg draw(int layers) {
    double cell = LONG_SIDE / Math.max(shape.height(), shape.width());
    double width = shape.width() * cell;
    double below = 66 + Math.max(30 * kept + 20, shape.height() * cell);
    Svg svg = new Svg(620, (int) below + 50);
    svg.text(16, 50, "", "a layer, at row %d, column %d".formatted(row, column));
    svg.cells(16, 60, cell, cell, "class=\"image\"", shape.height(), shape.width(), this::look);
    double x = 300;
    svg.text(x, 50, "", "what is kept of it: row r at place r mod %d".formatted(kept));
    for (int place = 0; place < kept; place++) {
      int latest = row - Math.floorMod(row - place, kept); // at this place
      double y = 66 + 30 * place;
      svg.rect(x, y, width, 18, "later");
      if (latest >= 0) {
        svg.rect(x, y, latest == row ? column * cell : width, 18, "seen");
        svg.text(x + width + 10, y + 13, "s", "row %d".formatted(latest));
      }
      if (latest == row) {
        svg.rect(x + column * cell, y, cell, 18, "self");
      }
    }
    String count = "%d such caches, one of them for the image".formatted(layers);
    svg.text(x, 66 + 30 * kept + 14, "s", count);
    return svg.legend(
        16,
        below + 30,
        "seen computed and kept",
        "gone computed, no longer needed",
        "later not yet computed",
        "self current");
  }

  private String look(int r, int c) {
    if (r > row || (r == row && c > column)) {
      return "later";
    }
    return r == row && c == column ? "self" : r <= row - kept ? "gone" : "seen";
  }
}
