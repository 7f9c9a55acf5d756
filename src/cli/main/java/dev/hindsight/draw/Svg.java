package dev.hindsight.draw;

import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/// A picture that grows by shapes, whose looks are classes of one style sheet, light and dark.
public final class Svg {
  private static final String STYLE =
      """
      svg { --ink: #1b2430; --soft: #5b6675; --paper: #ffffff; --box: #f3f5f8; --rest: #dfe4ea;
        --seen: #0072b2; --part: #e69f00; --blind: #cc79a7; --self: #d55e00; --good: #009e73; }
      @media (prefers-color-scheme: dark) {
        svg { --ink: #e8ecf2; --soft: #a5b0bf; --paper: #151a21; --box: #202833; --rest: #323c49;
          --seen: #4aa8e0; --part: #f0b429; --blind: #e29bc3; --self: #ff8a4c; --good: #3cc79a; }
      }
      text { font: 13px system-ui, "DejaVu Sans", sans-serif; fill: var(--ink); }
      .paper { fill: var(--paper); } .box { fill: var(--box); stroke: var(--soft); }
      .seen, .whole { fill: var(--seen); } .cut { fill: var(--part); } .blind { fill: var(--blind); }
      .later, .skipped { fill: var(--rest); } .self { fill: var(--self); } .good { fill: var(--good); }
      .zero { fill: none; stroke: var(--soft); stroke-dasharray: 2 2; }
      .line { fill: none; stroke: var(--ink); } .hot { fill: none; stroke: var(--seen); stroke-width: 2; }
      .cold { fill: none; stroke: var(--rest); } .arrow { fill: none; stroke: var(--ink); marker-end: url(#tip); }
      .tip { fill: var(--ink); } .frame { fill: none; stroke: var(--paper); } .gone { fill: var(--box); }
      .b { font-weight: 600; } .s { font-size: 11px; fill: var(--soft); } .m { text-anchor: middle; }
      .e { text-anchor: end; } .on { fill: #ffffff; text-anchor: middle; font-size: 11px; }
      """;

  /// Says which cells of a grid belong to a shape.
  interface Cells {
    boolean has(int row, int column);
  }

  private final int width;
  private final int height;
  private final String title;
  private final StringBuilder body = new StringBuilder();

  public Svg(int width, int height, String title) {
    this.width = width;
    this.height = height;
    this.title = title;
    text(16, 26, "b", title);
  }

  String title() {
    return title;
  }

  Svg rect(double x, double y, double w, double h, String look) {
    return add(
        "<rect class=\"%s\" x=\"%s\" y=\"%s\" width=\"%s\" height=\"%s\"/>", look, x, y, w, h);
  }

  Svg box(double x, double y, double w, double h, String words) {
    add("<rect class=\"box\" x=\"%s\" y=\"%s\" width=\"%s\" height=\"%s\" rx=\"5\"/>", x, y, w, h);
    return text(x + w / 2, y + h / 2 + 4.5, "m", words);
  }

  Svg circle(double x, double y, double r, String look) {
    return add("<circle class=\"%s\" cx=\"%s\" cy=\"%s\" r=\"%s\"/>", look, x, y, r);
  }

  public Svg line(double x1, double y1, double x2, double y2, String look) {
    return add(
        "<line class=\"%s\" x1=\"%s\" y1=\"%s\" x2=\"%s\" y2=\"%s\"/>", look, x1, y1, x2, y2);
  }

  /// A line through points, in a colour that is seen on light and dark.
  public Svg curve(List<double[]> points, String colour) {
    String through =
        points.stream()
            .map(point -> number(point[0]) + "," + number(point[1]))
            .collect(Collectors.joining(" "));
    return add(
        "<polyline points=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"2\"/>",
        through, colour);
  }

  Svg path(String d, String look) {
    return add("<path class=\"%s\" d=\"%s\"/>", look, d);
  }

  public Svg text(double x, double y, String look, String words) {
    return add("<text class=\"%s\" x=\"%s\" y=\"%s\">%s</text>", look, x, y, escaped(words));
  }

  /// What follows until [#end] is drawn at this place, in units of a cell.
  ///
  /// @param of what is drawn, which tests read, such as `data-logit="300"`
  Svg grid(double x, double y, double cell, String of) {
    return add("<g %s transform=\"translate(%s %s) scale(%s)\">", new Raw(of), x, y, cell);
  }

  Svg end() {
    return add("</g>");
  }

  /// The cells of a grid that have something, a rectangle for each run within a row; of equal rows
  /// below each other one for all.
  Svg cells(int rows, int columns, String look, Cells cells) {
    StringBuilder d = new StringBuilder();
    for (int row = 0; row < rows; ) {
      int below = row + 1;
      while (below < rows && same(cells, row, below, columns)) {
        below++;
      }
      for (int from = 0; from < columns; from++) {
        if (cells.has(row, from)) {
          int to = from;
          while (to < columns && cells.has(row, to)) {
            to++;
          }
          int across = to - from;
          d.append("M%d %dh%dv%dh-%dz".formatted(from, row, across, below - row, across));
          from = to;
        }
      }
      row = below;
    }
    return path(d.toString(), look);
  }

  private static boolean same(Cells cells, int row, int other, int columns) {
    for (int column = 0; column < columns; column++) {
      if (cells.has(row, column) != cells.has(other, column)) {
        return false;
      }
    }
    return true;
  }

  /// Small squares with a word each, from left to right.
  Svg legend(double x, double y, String... looksAndWords) {
    double at = x;
    for (int k = 0; k < looksAndWords.length; k += 2) {
      rect(at, y - 10, 11, 11, looksAndWords[k]);
      text(at + 16, y, "s", looksAndWords[k + 1]);
      at += 34 + 6.1 * looksAndWords[k + 1].length();
    }
    return this;
  }

  private record Raw(String text) {}

  private Svg add(String format, Object... values) {
    Object[] written = new Object[values.length];
    for (int k = 0; k < values.length; k++) {
      written[k] =
          switch (values[k]) {
            case Double number -> number(number);
            case Raw raw -> raw.text();
            default -> values[k];
          };
    }
    body.append(format.formatted(written)).append('\n');
    return this;
  }

  static String number(double value) {
    String text = String.format(Locale.ROOT, "%.2f", value);
    return text.replaceFirst("\\.?0+$", "");
  }

  static String escaped(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }

  /// The whole document.
  public String document() {
    return """
    <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img" aria-label="%s">
    <title>%s</title>
    <style>
    %s</style>
    <defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path class="tip" d="M0 0L8 4L0 8z"/></marker></defs>
    <rect class="paper" width="%d" height="%d" rx="8"/>
    %s</svg>
    """
        .formatted(
            width,
            height,
            width,
            height,
            escaped(title),
            escaped(title),
            STYLE,
            width,
            height,
            body);
  }
}
