package dev.hindsight.compare;

import dev.hindsight.train.Metric;
import dev.hindsight.train.Protocol;
import dev.hindsight.train.Published;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/// The comparison as rows of text, for Markdown and for the page.
final class ComparisonTable {
  static final List<String> HEADER =
      List.of(
          "model",
          "parameters",
          "test, nats per image",
          "bits/dim",
          "validation",
          "best epoch",
          "training",
          "images/s",
          "25 samples",
          "published");

  private ComparisonTable() {}

  static List<String> row(ComparedRun run) {
    Metric result = run.result();
    String error =
        Double.isFinite(result.standardError())
            ? String.format(Locale.ROOT, " ± %.2f", result.standardError())
            : "";
    return List.of(
        run.model(),
        String.format(Locale.ROOT, "%,d", run.parameters()),
        String.format(Locale.ROOT, "%.2f", result.nllNats()) + error,
        String.format(
            Locale.ROOT, "%.4f", run.config().model().shape().bitsPerDim(result.nllNats())),
        run.test().isPresent() ? String.format(Locale.ROOT, "%.2f", run.best().nllNats()) : "none",
        "%d of %d".formatted(run.best().epoch(), run.epochs().getLast().epoch()),
        String.format(Locale.ROOT, "%.0f s", run.trainingSeconds()),
        String.format(Locale.ROOT, "%.0f", run.imagesPerSecond()),
        String.format(Locale.ROOT, "%.2f s", run.sampleSeconds()),
        Published.describe(Published.of(run.config())));
  }

  /// What the figures of ours and the published ones mean.
  static List<String> notes(List<ComparedRun> runs) {
    List<String> notes = new ArrayList<>();
    notes.add(
        "Ours: "
            + runs.stream()
                .map(run -> Protocol.of(run.config()).describe())
                .distinct()
                .collect(Collectors.joining("; or "))
            + "; ± is the standard error over images.");
    notes.addAll(
        Published.notes(
            runs.stream().flatMap(run -> Published.of(run.config()).stream()).toList()));
    return notes;
  }

  static String markdown(String about, List<ComparedRun> runs) {
    StringBuilder text = new StringBuilder(about + "\n\n" + line(HEADER));
    text.append(line(HEADER.stream().map(_ -> "---").toList()));
    runs.forEach(run -> text.append(line(row(run))));
    notes(runs).forEach(note -> text.append('\n').append(note).append('\n'));
    return text.toString();
  }

  private static String line(List<String> cells) {
    return cells.stream().collect(Collectors.joining(" | ", "| ", " |\n"));
  }
}
