package dev.hindsight.compare;

import dev.hindsight.quality.Estimate;
import dev.hindsight.quality.Quality;
import dev.hindsight.train.Metric;
import dev.hindsight.train.Protocol;
import dev.hindsight.train.Published;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/// The comparison as rows of text, for Markdown and for the page.
final class ComparisonTable {
  private static final List<String> HEADER =
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

  private static final List<String> QUALITY =
      List.of("Fréchet distance", "precision", "recall", "copies");

  private ComparisonTable() {}

  /// Of all runs; of their samples' quality where one of them was measured.
  static List<String> header(List<ComparedRun> runs) {
    return withQuality(runs) ? joined(HEADER, QUALITY) : HEADER;
  }

  static List<List<String>> rows(List<ComparedRun> runs) {
    boolean withQuality = withQuality(runs);
    return runs.stream()
        .map(run -> withQuality ? joined(row(run), quality(run)) : row(run))
        .toList();
  }

  private static boolean withQuality(List<ComparedRun> runs) {
    return runs.stream().anyMatch(run -> run.quality().isPresent());
  }

  /// What others published stays last.
  private static List<String> joined(List<String> cells, List<String> more) {
    List<String> all = new ArrayList<>(cells);
    all.addAll(cells.size() - 1, more);
    return all;
  }

  private static List<String> quality(ComparedRun run) {
    return run.quality()
        .flatMap(Quality::unguided)
        .map(
            row ->
                List.of(
                    figure(row.frechetDistance(), "%.4f"),
                    figure(row.precision(), "%.3f"),
                    figure(row.recall(), "%.3f"),
                    figure(row.copies(), "%.3f")))
        .orElse(Collections.nCopies(QUALITY.size(), "none"));
  }

  private static String figure(Estimate figure, String format) {
    return String.format(Locale.ROOT, format, figure.value());
  }

  private static List<String> row(ComparedRun run) {
    Metric result = run.result();
    return List.of(
        run.model(),
        String.format(Locale.ROOT, "%,d", run.parameters()),
        result.nats(),
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
    runs.stream()
        .flatMap(run -> run.quality().stream())
        .map(ComparisonTable::scale)
        .distinct()
        .forEach(notes::add);
    notes.addAll(
        Published.notes(
            runs.stream().flatMap(run -> Published.of(run.config()).stream()).toList()));
    return notes;
  }

  /// What test images have in the place of samples.
  private static String scale(Quality quality) {
    Quality.Row row = quality.testImages();
    return "Of %d test images: Fréchet distance %s, precision %s, recall %s, copies %s; features of %s."
        .formatted(
            quality.images(),
            figure(row.frechetDistance(), "%.4f"),
            figure(row.precision(), "%.3f"),
            figure(row.recall(), "%.3f"),
            figure(row.copies(), "%.3f"),
            quality.classifier());
  }

  static String markdown(String about, List<ComparedRun> runs) {
    StringBuilder text = new StringBuilder(about + "\n\n" + line(header(runs)));
    text.append(line(header(runs).stream().map(_ -> "---").toList()));
    rows(runs).forEach(row -> text.append(line(row)));
    notes(runs).forEach(note -> text.append('\n').append(note).append('\n'));
    return text.toString();
  }

  private static String line(List<String> cells) {
    return cells.stream().collect(Collectors.joining(" | ", "| ", " |\n"));
  }
}
