package dev.hindsight.predict;

import dev.hindsight.predict.LaunchTime.Resource;
import dev.hindsight.predict.StepPrediction.Op;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// A predicted step as an SVG: a bar for each op, as long as it would take, in pieces of the colour
/// of what limits them.
public record StepPicture(StepTable table) {
  private static final int LABELS = 380; // pixels
  private static final int BARS = 560;
  private static final int ROW = 20;
  private static final int TOP = 74;

  /// Colours that are told apart by most eyes (Okabe & Ito 2008), and two greys.
  private static String colour(Resource resource) {
    return switch (resource) {
      case ISSUE -> "#0072b2";
      case FMA -> "#009e73";
      case INTEGER -> "#56b4e9";
      case MUFU -> "#f0e442";
      case TENSOR -> "#cc79a7";
      case SHARED -> "#e69f00";
      case L2 -> "#d55e00";
      case DRAM -> "#000000";
      case LATENCY -> "#999999";
      case LAUNCH -> "#cccccc";
    };
  }

  /// A document of its own.
  public String svg() {
    List<Op> ops = table.ops();
    double longest = ops.getFirst().microseconds();
    int height = TOP + ROW * ops.size() + 12;
    StringBuilder svg = new StringBuilder();
    svg.append(
        """
        <svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" font-family="sans-serif" font-size="12">
        <rect width="100%%" height="100%%" fill="#ffffff"/>
        """
            .formatted(LABELS + BARS + 100, height));
    svg.append(text(8, 20, "start", escaped(heading())));
    svg.append(text(8, 38, "start", "a bar for each op, coloured by what limits its launches:"));
    legend(svg);
    for (int k = 0; k < ops.size(); k++) {
      bar(svg, ops.get(k), TOP + ROW * k, longest);
    }
    return svg.append("</svg>\n").toString();
  }

  private String heading() {
    String title = table.title();
    return title.substring(0, title.indexOf(';'));
  }

  private static void legend(StringBuilder svg) {
    int x = 8;
    for (Resource resource : Resource.values()) {
      svg.append(rectangle(x, 46, 12, colour(resource), resource.label()));
      svg.append(text(x + 16, 58, "start", resource.label()));
      x += 84;
    }
  }

  private static void bar(StringBuilder svg, Op op, int y, double longest) {
    svg.append(text(LABELS - 8, y + 14, "end", escaped(op.calls() + " x " + op.label())));
    Map<Resource, Double> parts = new EnumMap<>(Resource.class);
    for (LaunchTime launch : op.launches()) {
      parts.merge(launch.limit(), launch.microseconds(), Double::sum);
    }
    double x = LABELS;
    for (Map.Entry<Resource, Double> part : parts.entrySet()) {
      double width = part.getValue() / longest * BARS;
      String says =
          String.format(Locale.ROOT, "%s: %.1f us", part.getKey().label(), part.getValue());
      svg.append(rectangle(x, y + 3, width, colour(part.getKey()), says));
      x += width;
    }
    String time = String.format(Locale.ROOT, "%.1f us", op.microseconds());
    svg.append(text(x + 6, y + 14, "start", time));
  }

  private static String rectangle(double x, int y, double width, String colour, String says) {
    return String.format(
        Locale.ROOT,
        "<rect x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"14\" fill=\"%s\"><title>%s</title></rect>%n",
        x,
        y,
        width,
        colour,
        says);
  }

  private static String text(double x, int y, String anchor, String words) {
    return String.format(
        Locale.ROOT,
        "<text x=\"%.1f\" y=\"%d\" text-anchor=\"%s\">%s</text>%n",
        x,
        y,
        anchor,
        words);
  }

  private static String escaped(String words) {
    return words.replace("&", "&amp;").replace("<", "&lt;");
  }
}
