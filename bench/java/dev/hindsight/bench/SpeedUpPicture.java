package dev.hindsight.bench;

import dev.hindsight.draw.Svg;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// What more workers gain, a panel for each network: both axes by powers of two, the dashed line is
/// what nobody can pass.
final class SpeedUpPicture {
  private static final int PANEL = 330; // pixels
  private static final int SIDE = 270;
  private static final int TOP = 64;
  private static final int LEFT = 48;
  private static final int MOST = 64;
  private static final double LEAST = 0.25;
  private static final List<String> COLOURS =
      List.of("#0072b2", "#e69f00", "#cc79a7", "#d55e00", "#009e73", "#7a7a7a");

  private final List<ExchangeRow> rows;
  private final double[] gigabits;

  SpeedUpPicture(List<ExchangeRow> rows, double... gigabits) {
    this.rows = rows;
    this.gigabits = gigabits;
  }

  /// A document of its own.
  String document() {
    int height = TOP + SIDE + 70;
    Svg svg =
        new Svg(LEFT + PANEL * gigabits.length + 130, height, "Speed-up by workers, worked out");
    for (int k = 0; k < gigabits.length; k++) {
      panel(svg, LEFT + k * PANEL, gigabits[k]);
    }
    int x = LEFT + PANEL * gigabits.length;
    for (int k = 0; k < rows.size(); k++) {
      double y = TOP + 20.0 + 22 * k;
      svg.curve(List.of(new double[] {x, y - 4}, new double[] {x + 20.0, y - 4}), colour(k));
      svg.text(x + 26.0, y, "s", rows.get(k).model());
    }
    return svg.document();
  }

  private void panel(Svg svg, double left, double rate) {
    svg.text(left, TOP - 14.0, "b", String.format(Locale.ROOT, "%.0f Gb/s", rate));
    for (int count = 1; count <= MOST; count *= 2) {
      svg.line(x(left, count), y(1), x(left, count), y(MOST), "cold");
      svg.line(left, y(count), left + SIDE, y(count), "cold");
      svg.text(x(left, count), y(LEAST) + 16, "s m", "" + count);
      svg.text(left - 6, y(count) + 4, "s e", "" + count);
    }
    svg.text(left + SIDE / 2.0, y(LEAST) + 34, "s m", "workers");
    svg.line(left, y(1), left + SIDE, y(MOST), "zero");
    for (int k = 0; k < rows.size(); k++) {
      ExchangeRow row = rows.get(k);
      List<double[]> points = new ArrayList<>();
      points.add(new double[] {x(left, 1), y(1)});
      for (int count : ExchangeRow.WORKERS) {
        points.add(new double[] {x(left, count), y(row.speedUp(count, rate))});
      }
      svg.curve(points, colour(k));
    }
  }

  private static String colour(int row) {
    return COLOURS.get(row % COLOURS.size());
  }

  private static double x(double left, double count) {
    return left + log(count) / log(MOST) * SIDE;
  }

  /// A quarter as fast as one worker is at the lower edge.
  private static double y(double speedUp) {
    return TOP + (log(MOST) - Math.max(log(LEAST), log(speedUp))) / (log(MOST) - log(LEAST)) * SIDE;
  }

  private static double log(double of) {
    return Math.log(of) / Math.log(2);
  }
}
