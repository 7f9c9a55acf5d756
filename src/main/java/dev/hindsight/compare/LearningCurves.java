package dev.hindsight.compare;

import dev.hindsight.error.IoErrors;
import dev.hindsight.train.Metric;
import java.io.IOException;
import java.util.List;
import org.knowm.xchart.ChartEncoder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.style.Styler;
import org.knowm.xchart.style.markers.SeriesMarkers;

/// Test NLL of every model against the training steps it took.
final class LearningCurves {
  private LearningCurves() {}

  static byte[] png(List<ComparedRun> runs) {
    XYChart chart =
        new XYChartBuilder()
            .width(900)
            .height(480)
            .title("Test NLL")
            .xAxisTitle("training steps")
            .yAxisTitle("nats per image")
            .build();
    chart.getStyler().setLegendPosition(Styler.LegendPosition.OutsideE);
    for (ComparedRun run : runs) {
      double[] steps = run.tests().stream().mapToDouble(Metric::step).toArray();
      double[] nats = run.tests().stream().mapToDouble(Metric::nllNats).toArray();
      chart.addSeries(run.model(), steps, nats).setMarker(SeriesMarkers.CIRCLE);
    }
    try {
      return ChartEncoder.getBytes(chart, "png");
    } catch (IOException e) {
      throw IoErrors.failed("cannot draw the learning curves", e);
    }
  }
}
