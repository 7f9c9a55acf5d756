package dev.hindsight.draw;

import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;

/// A picture. The look of a shape is a class of the style sheet `svg.css`, which has light and dark
/// colours.
final class Svg {
  private static final double LEAST_TILE = 3;

  private final int width;
  private final int height;
  private final StringBuilder body = new StringBuilder();

  /// The look of each cell of a grid.
  interface Looks {
    String at(int row, int column);
  }

  Svg(int width, int height) {
    this.width = width;
    this.height = height;
  }

  Svg rect(double x, double y, double w, double h, String look) {
    return add(
        "<rect class=\"%s\" x=\"%s\" y=\"%s\" width=\"%s\" height=\"%s\"/>", look, x, y, w, h);
  }

  Svg box(double x, double y, double w, double h, String label) {
    add("<rect class=\"box\" x=\"%s\" y=\"%s\" width=\"%s\" height=\"%s\" rx=\"5\"/>", x, y, w, h);
    return text(x + w / 2, y + h / 2 + 4.5, "m", label);
  }

  Svg circle(double x, double y, double r, String look) {
    return add("<circle class=\"%s\" cx=\"%s\" cy=\"%s\" r=\"%s\"/>", look, x, y, r);
  }

  Svg line(double x1, double y1, double x2, double y2, String look) {
    return add(
        "<line class=\"%s\" x1=\"%s\" y1=\"%s\" x2=\"%s\" y2=\"%s\"/>", look, x1, y1, x2, y2);
  }

  Svg path(String d, String look) {
    return add("<path class=\"%s\" d=\"%s\"/>", look, d);
  }

  Svg text(double x, double y, String look, String text) {
    return add("<text class=\"%s\" x=\"%s\" y=\"%s\">%s</text>", look, x, y, escaped(text));
  }

  /// A grid of cells: for each look one path of rectangles, each as wide and high as its cells.
  ///
  /// @param across width of a cell
  /// @param down height of a cell
  /// @param of attributes that tests read, such as `data-logit="300"`
  Svg cells(
      double x,
      double y,
      double across,
      double down,
      String of,
      int rows,
      int columns,
      Looks looks) {
    Map<String, StringBuilder> paths = new TreeMap<>();
    for (int row = 0, below; row < rows; row = below) {
      String[] now = row(row, columns, looks);
      below = row + 1;
      while (below < rows && Arrays.equals(now, row(below, columns, looks))) {
        below++;
      }
      for (int from = 0, to; from < columns; from = to) {
        to = from + 1;
        while (to < columns && now[to].equals(now[from])) {
          to++;
        }
        paths
            .computeIfAbsent(now[from], _ -> new StringBuilder())
            .append("M%d %dh%dv%dh-%dz".formatted(from, row, to - from, below - row, to - from));
      }
    }
    String scale = across == down ? exact(across) : exact(across) + " " + exact(down);
    add("<g %s transform=\"translate(%s %s) scale(%s)\">", of, x, y, scale);
    paths.forEach((look, d) -> path(d.toString(), look));
    return add("</g>");
  }

  private static String[] row(int row, int columns, Looks looks) {
    return IntStream.range(0, columns)
        .mapToObj(column -> looks.at(row, column))
        .toArray(String[]::new);
  }

  /// Lines between the tiles of a rectangle; those at its right and lower border may be smaller.
  /// Between tiles that they would hide there are none.
  Svg frames(double x, double y, double w, double h, double tileWidth, double tileHeight) {
    for (int row = 1; tileHeight >= LEAST_TILE && row * tileHeight < h; row++) {
      line(x, y + row * tileHeight, x + w, y + row * tileHeight, "frame");
    }
    for (int column = 1; tileWidth >= LEAST_TILE && column * tileWidth < w; column++) {
      line(x + column * tileWidth, y, x + column * tileWidth, y + h, "frame");
    }
    return this;
  }

  /// Small squares with a label each, from left to right.
  ///
  /// @param entries a look, and after a space its label
  Svg legend(double x, double y, String... entries) {
    double at = x;
    for (String entry : entries) {
      String[] lookAndLabel = entry.split(" ", 2);
      rect(at, y - 10, 11, 11, lookAndLabel[0]);
      text(at + 16, y, "s", lookAndLabel[1]);
      at += 34 + 6.1 * lookAndLabel[1].length();
    }
    return this;
  }

  private Svg add(String format, Object... values) {
    Object[] written =
        Arrays.stream(values).map(v -> v instanceof Double d ? number(d) : v).toArray();
    body.append(format.formatted(written)).append('\n');
    return this;
  }

  static String number(double value) {
    return trimmed("%.2f", value);
  }

  /// Of a factor.
  private static String exact(double value) {
    return trimmed("%.6f", value);
  }

  private static String trimmed(String format, double value) {
    return String.format(Locale.ROOT, format, value).replaceFirst("\\.?0+$", "");
  }

  private static String escaped(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }

  String document(String title) {
    return """
    <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img" aria-label="%s">
    <title>%s</title>
    <style>
    %s</style>
    <defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path class="tip" d="M0 0L8 4L0 8z"/></marker></defs>
    <rect class="paper" width="%d" height="%d" rx="8"/>
    <text class="b" x="16" y="26">%s</text>
    %s</svg>
    """
        .formatted(
            width, height, width, height, title, title, Texts.STYLE, width, height, title, body);
  }
}
