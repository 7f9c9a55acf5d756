package dev.hindsight.compare;

import dev.hindsight.format.AtomicFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;

/// The comparison as one HTML page that needs no other file, and its table as Markdown beside it.
public final class ComparisonPage {
  private ComparisonPage() {}

  /// Writes the page to `page` and the table to `table`, each whole or not at all.
  ///
  /// @param about one sentence: the data, the machine, the backend
  public static void write(Path page, Path table, String about, List<ComparedRun> runs) {
    AtomicFile.write(page, html(about, runs).getBytes(StandardCharsets.UTF_8));
    AtomicFile.write(table, ComparisonTable.markdown(about, runs).getBytes(StandardCharsets.UTF_8));
  }

  static String html(String about, List<ComparedRun> runs) {
    StringBuilder rows = new StringBuilder(row("th", ComparisonTable.HEADER));
    runs.forEach(run -> rows.append(row("td", ComparisonTable.row(run))));
    return """
      <!doctype html>
      <html lang="en">
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width">
      <title>Hindsight: models compared</title>
      <style>
        body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
        table { border-collapse: collapse; }
        th, td { padding: 0.3rem 0.8rem; text-align: right; border-bottom: 1px solid #ccc; }
        th:first-child, td:first-child { text-align: left; }
        img { max-width: 100%%; }
        figure { display: inline-block; margin: 1rem 1rem 0 0; }
        figure img { width: 17rem; image-rendering: pixelated; }
        figcaption { max-width: 17rem; }
        small { color: #555; }
      </style>
      <h1>Models compared</h1>
      <p>%s</p>
      <table>
      %s</table>
      <p><small>%s</small></p>
      %s
      <h2>Samples</h2>
      %s
      </html>
      """
        .formatted(
            escape(about),
            rows,
            escape(String.join(" ", ComparisonTable.notes(runs))),
            LearningCurves.html(runs),
            runs.stream().map(ComparisonPage::sheet).collect(Collectors.joining("\n")));
  }

  private static String row(String tag, List<String> cells) {
    return cells.stream()
        .map(cell -> "<%s>%s</%s>".formatted(tag, escape(cell), tag))
        .collect(Collectors.joining("", "<tr>", "</tr>\n"));
  }

  private static String sheet(ComparedRun run) {
    return """
        <figure><img alt="samples of %s" src="data:image/png;base64,%s">
        <figcaption>%s, %.2f nats<br><small>%s</small></figcaption></figure>"""
        .formatted(
            run.model(),
            run.sheet(),
            run.model(),
            run.result().nllNats(),
            escape(run.config().recipe().describe()));
  }

  private static String escape(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }
}
