package dev.hindsight.compare;

import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/// The comparison as rows of text, for Markdown and for the page.
final class ComparisonTable {
  static final List<String> HEADER =
      List.of(
          "model",
          "parameters",
          "nats per image",
          "bits/dim",
          "best epoch",
          "training",
          "images/s",
          "25 samples");

  private ComparisonTable() {}

  static List<String> row(ComparedRun run) {
    return List.of(
        run.model(),
        String.format(Locale.ROOT, "%,d", run.parameters()),
        String.format(Locale.ROOT, "%.2f", run.best().nllNats()),
        String.format(Locale.ROOT, "%.4f", run.best().bitsPerDim()),
        "%d of %d".formatted(run.best().epoch(), run.tests().getLast().epoch()),
        String.format(Locale.ROOT, "%.0f s", run.trainingSeconds()),
        String.format(Locale.ROOT, "%.0f", run.imagesPerSecond()),
        String.format(Locale.ROOT, "%.2f s", run.sampleSeconds()));
  }

  static String markdown(List<ComparedRun> runs) {
    StringBuilder text = new StringBuilder(line(HEADER));
    text.append(line(HEADER.stream().map(_ -> "---").toList()));
    runs.forEach(run -> text.append(line(row(run))));
    return text.toString();
  }

  private static String line(List<String> cells) {
    return cells.stream().collect(Collectors.joining(" | ", "| ", " |\n"));
  }
}
