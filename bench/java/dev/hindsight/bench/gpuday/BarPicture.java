package dev.hindsight.bench.gpuday;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// Bars in groups as an SVG. The longest of each group has the full width: what matters is their
/// ratio, and times of ops lie apart by powers of ten.
final class BarPicture {
  private static final int LABELS = 400; // pixels
  private static final int BARS = 420;
  private static final int BAR = 13;
  private static final int GAP = 7;
  private static final int TOP = 40;

  private final String title;
  private final List<Group> groups = new ArrayList<>();

  BarPicture(String title) {
    this.title = title;
  }

  /// One bar.
  record Bar(String name, String colour, double value) {}

  private record Group(String label, List<Bar> bars) {}

  void add(String label, List<Bar> bars) {
    groups.add(new Group(label, bars));
  }

  /// A document of its own.
  String svg() {
    StringBuilder svg = new StringBuilder();
    svg.append(text(8, 20, "start", title));
    int y = TOP;
    for (Group group : groups) {
      double longest = group.bars().stream().mapToDouble(Bar::value).max().orElse(1);
      svg.append(text(LABELS - 8, y + BAR - 2, "end", group.label()));
      for (Bar bar : group.bars()) {
        double width = Math.max(1, bar.value() / longest * BARS);
        svg.append(
            String.format(
                Locale.ROOT,
                "<rect x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"%s\"/>%n",
                LABELS,
                y,
                width,
                BAR - 2,
                bar.colour()));
        String says = String.format(Locale.ROOT, "%s %.4g", bar.name(), bar.value());
        svg.append(text((int) (LABELS + width + 6), y + BAR - 3, "start", says));
        y += BAR;
      }
      y += GAP;
    }
    return """
    <svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" font-family="sans-serif" font-size="11">
    <rect width="100%%" height="100%%" fill="#ffffff"/>
    %s</svg>
    """
        .formatted(LABELS + BARS + 190, y + 8, svg);
  }

  private static String text(int x, int y, String anchor, String words) {
    return "<text x=\"%d\" y=\"%d\" text-anchor=\"%s\">%s</text>%n"
        .formatted(x, y, anchor, words.replace("&", "&amp;").replace("<", "&lt;"));
  }
}
