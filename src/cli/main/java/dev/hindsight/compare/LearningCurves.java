package dev.hindsight.compare;

import dev.hindsight.error.IoErrors;
import dev.hindsight.format.Json;
import dev.hindsight.train.Metric;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// NLL of every model on the images that choose its epoch, against the training steps it took,
/// drawn by uPlot in the reader's browser: Java draws text only where the system has fonts, and a
/// server or a container often has none.
final class LearningCurves {
  private static final String LIBRARY = "/META-INF/resources/webjars/uplot/1.6.30/dist/";

  /// Colours that are told apart by most eyes (Okabe & Ito 2008).
  private static final List<String> COLOURS =
      List.of("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00");

  private LearningCurves() {}

  /// A part of a page that needs no other file.
  static String html(List<ComparedRun> runs) {
    return """
      <style>%s</style>
      <div id="curves"></div>
      <script>%s</script>
      <script>
        new uPlot(
          {
            title: "NLL on the images that choose the epoch",
            width: document.getElementById("curves").clientWidth,
            height: 420,
            scales: { x: { time: false } },
            axes: [{ label: "training steps" }, { label: "nats per image" }],
            series: %s,
          },
          %s,
          document.getElementById("curves"));
      </script>
      """
        .formatted(
            library("uPlot.min.css"),
            library("uPlot.iife.min.js"),
            Json.line(series(runs)),
            Json.line(data(runs)));
  }

  private static List<Map<String, Object>> series(List<ComparedRun> runs) {
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

  private static String library(String file) {
    try (InputStream in = LearningCurves.class.getResourceAsStream(LIBRARY + file)) {
      return new String(
          Objects.requireNonNull(in, LIBRARY + file).readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw IoErrors.failed("cannot read " + LIBRARY + file, e);
    }
  }
}
