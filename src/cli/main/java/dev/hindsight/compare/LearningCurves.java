package dev.hindsight.compare;

import dev.hindsight.train.Metric;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// NLL of every model on the images that choose its epoch, over training steps.
final class LearningCurves {
  /// Colours that most people can distinguish (Okabe & Ito 2008).
  private static final List<String> COLOURS =
      List.of("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00");

  private LearningCurves() {}

  /// The label and look of each curve, for uPlot.
  static List<Map<String, Object>> series(List<ComparedRun> runs) {
    List<Map<String, Object>> series = new ArrayList<>();
    series.add(Map.of("label", "steps"));
    for (int k = 0; k < runs.size(); k++) {
      series.add(
          Map.of(
              "label",
              runs.get(k).model(),
              "stroke",
              COLOURS.get(k % COLOURS.size()),
              "width",
              2,
              "spanGaps",
              true));
    }
    return series;
  }

  /// All steps, then each run's nats at them, null where it was not tested.
  static List<List<@Nullable Number>> data(List<ComparedRun> runs) {
    TreeMap<Long, @Nullable Number[]> natsAt = new TreeMap<>();
    for (int k = 0; k < runs.size(); k++) {
      for (Metric test : runs.get(k).epochs()) {
        natsAt.computeIfAbsent(test.step(), step -> new Number[runs.size()])[k] = test.nllNats();
      }
    }
    List<List<@Nullable Number>> columns = new ArrayList<>();
    columns.add(new ArrayList<>(natsAt.keySet()));
    for (int k = 0; k < runs.size(); k++) {
      List<@Nullable Number> nats = new ArrayList<>();
      for (@Nullable Number[] all : natsAt.values()) {
        nats.add(all[k]);
      }
      columns.add(nats);
    }
    return columns;
  }
}
