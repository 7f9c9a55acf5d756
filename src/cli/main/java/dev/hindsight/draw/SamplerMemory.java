package dev.hindsight.draw;

import java.util.ArrayList;
import java.util.List;

/// What a sampler keeps between two pixels: a bar per row, cut into parts.
final class SamplerMemory {
  private static final double LEFT = 216;
  private static final double TOP = 46;
  private static final double PITCH = 30;

  /// @param width in pixels of the picture
  /// @param label on it, or empty
  record Part(String look, double width, String label) {}

  private record Row(String label, List<Part> parts) {}

  private final List<Row> rows = new ArrayList<>();

  static Part part(String look, double width) {
    return new Part(look, width, "");
  }

  /// A part of a row of numbers that are kept.
  static Part kept(double width, String label) {
    return new Part("seen", width, label);
  }

  SamplerMemory row(String label, Part... parts) {
    rows.add(new Row(label, List.of(parts)));
    return this;
  }

  /// @param note below the bars
  /// @param legend see [Svg#legend]
  Svg draw(String note, String... legend) {
    double below = TOP + PITCH * rows.size() + 18;
    Svg svg = new Svg(880, (int) below + 34);
    for (int k = 0; k < rows.size(); k++) {
      double y = TOP + PITCH * k;
      double x = LEFT;
      svg.text(16, y + 15, "", rows.get(k).label());
      for (Part part : rows.get(k).parts()) {
        svg.rect(x, y, part.width(), 20, part.look());
        if (!part.label().isEmpty()) {
          svg.text(x + part.width() / 2, y + 14, "on", part.label());
        }
        x += part.width() + (part.label().isEmpty() ? 0 : 10);
      }
    }
    return svg.text(16, below, "s", note).legend(LEFT, below + 18, legend);
  }
}
