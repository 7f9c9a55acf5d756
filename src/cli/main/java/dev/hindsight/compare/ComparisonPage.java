package dev.hindsight.compare;

import dev.hindsight.format.AtomicFile;
import dev.hindsight.format.Json;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/// The comparison as one HTML page that needs no other file, and its table as Markdown beside it.
public final class ComparisonPage {
  private ComparisonPage() {}

  /// Writes page and table, each completely or not at all.
  ///
  /// @param about one sentence: the data, the machine, the backend
  public static void write(Path page, Path table, String about, List<ComparedRun> runs) {
    AtomicFile.write(page, html(about, runs).getBytes(StandardCharsets.UTF_8));
    AtomicFile.write(table, ComparisonTable.markdown(about, runs).getBytes(StandardCharsets.UTF_8));
  }

  static String html(String about, List<ComparedRun> runs) {
    return Template.fill(
        "page.html",
        Map.of(
            "about",
            Template.escape(about),
            "rows",
            table(ComparisonTable.header(runs), ComparisonTable.rows(runs)),
            "notes",
            Template.escape(String.join(" ", ComparisonTable.notes(runs))),
            "curves",
            Json.line(LearningCurves.of(runs)),
            "sheets",
            runs.stream().map(ComparisonPage::sheet).collect(Collectors.joining("\n"))));
  }

  /// Head and body of a table.
  static String table(List<String> header, List<List<String>> rows) {
    return rows.stream()
        .map(row -> row("td", row))
        .collect(
            Collectors.joining(
                "", "<thead>" + row("th", header) + "</thead>\n<tbody>\n", "</tbody>\n"));
  }

  private static String row(String tag, List<String> cells) {
    return cells.stream()
        .map(cell -> "<%s>%s</%s>".formatted(tag, Template.escape(cell), tag))
        .collect(Collectors.joining("", "<tr>", "</tr>\n"));
  }

  private static String sheet(ComparedRun run) {
    return """
    <figure><img alt="samples of %s" src="data:image/png;base64,%s">
    <figcaption>%s, %.2f nats, %.4f bits/dim<br><small>%s</small></figcaption>%s</figure>\
    """
        .formatted(
            run.model(),
            run.sheet(),
            run.model(),
            run.result().nllNats(),
            run.config().model().shape().bitsPerDim(run.result().nllNats()),
            Template.escape(run.config().recipe().describe(run.config().model().shape())),
            rows(run));
  }

  /// How samples become better, of a run that drew some after epochs.
  private static String rows(ComparedRun run) {
    if (run.rows().isEmpty()) {
      return "";
    }
    return run.rows().stream()
        .map(
            row ->
                "<p>epoch %d, %.2f nats<img alt=\"samples of %s after epoch %d\" src=\"data:image/png;base64,%s\"></p>"
                    .formatted(
                        row.epoch().epoch(),
                        row.epoch().nllNats(),
                        run.model(),
                        row.epoch().epoch(),
                        row.png()))
        .collect(
            Collectors.joining(
                "\n", "\n<details><summary>after each epoch</summary>\n", "\n</details>\n"));
  }
}
