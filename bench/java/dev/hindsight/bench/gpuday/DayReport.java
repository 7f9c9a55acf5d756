package dev.hindsight.bench.gpuday;

import dev.hindsight.bench.gpuday.DayLog.Line;
import dev.hindsight.bench.gpuday.DayLog.State;
import dev.hindsight.format.Json;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/// `report.md`, from the log of a day: what became of each part, then a table for each kind.
final class DayReport {
  static final String FILE = "report.md";

  private final StringBuilder text = new StringBuilder();

  /// @param left parts that have not run
  DayReport(DayLog log, String device, List<String> left) {
    line("# A day with " + device);
    line("");
    List<Line> ends = List.copyOf(log.ends().values());
    List<Line> others = ends.stream().filter(end -> end.state() != State.DONE).toList();
    line(
        "%d parts done, %d not, %d have not run."
            .formatted(ends.size() - others.size(), others.size(), left.size()));
    line("");
    others.forEach(
        end -> line("- **%s** %s: %s".formatted(end.part(), lower(end.state()), end.text())));
    if (!left.isEmpty()) {
      line("- not run, the same command goes on with them: " + String.join("; ", left));
    }
    Map<String, List<Line>> kinds = new LinkedHashMap<>();
    for (Line line : log.lines()) {
      if (line.state() == State.ROW) {
        String kind = line.part().split(" ", 2)[0];
        kinds.computeIfAbsent(kind, _ -> new ArrayList<>()).add(line);
      }
    }
    kinds.forEach(this::section);
  }

  String markdown() {
    return text.toString();
  }

  private void section(String kind, List<Line> lines) {
    line("");
    line("## " + kind);
    List<Map<String, String>> rows = new ArrayList<>();
    Set<String> columns = new LinkedHashSet<>(List.of("part"));
    int passed = 0;
    for (Line line : lines) {
      if (!line.text().startsWith("{")) {
        line("");
        line("    " + line.text());
        continue;
      }
      JsonNode json = Json.parse(line.part(), line.text());
      if (json.path("verdict").asString("").equals("ok")) {
        passed++;
        continue;
      }
      Map<String, String> row = new LinkedHashMap<>(Map.of("part", line.part()));
      json.properties().stream()
          .filter(entry -> entry.getValue().isValueNode())
          .forEach(entry -> row.put(entry.getKey(), cell(entry.getValue())));
      columns.addAll(row.keySet());
      rows.add(row);
    }
    line("");
    if (passed > 0) {
      line("%d checks passed, %d did not.".formatted(passed, rows.size()));
      line("");
    }
    if (!rows.isEmpty()) {
      line("| " + String.join(" | ", columns) + " |");
      line("|---".repeat(columns.size()) + "|");
      for (Map<String, String> row : rows) {
        List<String> cells = columns.stream().map(name -> row.getOrDefault(name, "")).toList();
        line("| " + String.join(" | ", cells) + " |");
      }
    }
  }

  private static String cell(JsonNode value) {
    if (value.isNull()) {
      return "";
    }
    return value.isFloatingPointNumber()
        ? String.format(Locale.ROOT, "%.4g", value.asDouble())
        : value.asString().replace("|", "\\|");
  }

  private static String lower(State state) {
    return state.name().toLowerCase(Locale.ROOT);
  }

  private void line(String line) {
    text.append(line).append('\n');
  }
}
