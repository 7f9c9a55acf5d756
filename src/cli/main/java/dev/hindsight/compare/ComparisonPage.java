package dev.hindsight.compare;

import dev.hindsight.error.IoErrors;
import dev.hindsight.format.AtomicFile;
import dev.hindsight.format.Json;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/// The comparison as one HTML page that needs no other file, and its table as Markdown beside it.
public final class ComparisonPage {
  private static final Pattern PART = Pattern.compile("\\$\\{([\\w.]+)}");

  /// uPlot draws the curves in the reader's browser: Java draws text only where the system has
  /// fonts.
  private static final String UPLOT = "/META-INF/resources/webjars/uplot/1.6.30/dist/";

  private ComparisonPage() {}

  /// Writes page and table, each completely or not at all.
  ///
  /// @param about one sentence: the data, the machine, the backend
  public static void write(Path page, Path table, String about, List<ComparedRun> runs) {
    AtomicFile.write(page, html(about, runs).getBytes(StandardCharsets.UTF_8));
    AtomicFile.write(table, ComparisonTable.markdown(about, runs).getBytes(StandardCharsets.UTF_8));
  }

  static String html(String about, List<ComparedRun> runs) {
    StringBuilder rows = new StringBuilder(row("th", ComparisonTable.HEADER));
    runs.forEach(run -> rows.append(row("td", ComparisonTable.row(run))));
    Map<String, String> parts =
        Map.of(
            "about",
            escape(about),
            "rows",
            rows.toString(),
            "notes",
            escape(String.join(" ", ComparisonTable.notes(runs))),
            "series",
            Json.line(LearningCurves.series(runs)),
            "data",
            Json.line(LearningCurves.data(runs)),
            "sheets",
            runs.stream().map(ComparisonPage::sheet).collect(Collectors.joining("\n")));
    return PART.matcher(resource("page.html"))
        .replaceAll(
            part -> {
              String name = part.group(1);
              String text = parts.get(name);
              return Matcher.quoteReplacement(text == null ? resource(UPLOT + name) : text);
            });
  }

  private static String resource(String name) {
    try (InputStream in =
        Objects.requireNonNull(ComparisonPage.class.getResourceAsStream(name), name)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw IoErrors.failed("cannot read the resource " + name, e);
    }
  }

  private static String row(String tag, List<String> cells) {
    return cells.stream()
        .map(cell -> "<%s>%s</%s>".formatted(tag, escape(cell), tag))
        .collect(Collectors.joining("", "<tr>", "</tr>\n"));
  }

  private static String sheet(ComparedRun run) {
    return """
    <figure><img alt="samples of %s" src="data:image/png;base64,%s">
    <figcaption>%s, %.2f nats, %.4f bits/dim<br><small>%s</small></figcaption></figure>\
    """
        .formatted(
            run.model(),
            run.sheet(),
            run.model(),
            run.result().nllNats(),
            run.config().model().shape().bitsPerDim(run.result().nllNats()),
            escape(run.config().recipe().describe(run.config().model().shape())));
  }

  private static String escape(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }
}
