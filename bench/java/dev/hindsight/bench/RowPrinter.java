package dev.hindsight.bench;

import dev.hindsight.format.Json;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Prints rows as they come: a JSON object a line, or for people a table with the columns of the
/// first row. A row with others is one line of names and values.
final class RowPrinter {
  private final PrintWriter out;
  private final boolean json;
  private final Map<String, Integer> widths = new LinkedHashMap<>(); // by column; they grow

  RowPrinter(PrintWriter out, boolean json) {
    this.out = out;
    this.json = json;
  }

  /// @param row values by column; a map or a list in it is for programs alone
  void print(Map<String, ? extends @Nullable Object> row) {
    if (json) {
      out.println(Json.line(row));
      out.flush();
      return;
    }
    Map<String, String> cells = new LinkedHashMap<>();
    row.forEach(
        (name, value) -> {
          if (!(value instanceof Map || value instanceof Iterable)) {
            cells.put(name, text(value));
          }
        });
    if (widths.isEmpty()) {
      cells.forEach((name, cell) -> widths.put(name, Math.max(name.length(), cell.length())));
      out.println(line(name -> name));
    }
    if (cells.keySet().equals(widths.keySet())) {
      cells.forEach((name, cell) -> widths.merge(name, cell.length(), Math::max));
      out.println(line(name -> cells.getOrDefault(name, "")));
    } else {
      out.println(
          cells.entrySet().stream()
              .map(cell -> cell.getKey() + " " + cell.getValue())
              .collect(Collectors.joining(", ", "  ", "")));
    }
    out.flush();
  }

  private interface Cell {
    String of(String column);
  }

  private String line(Cell cell) {
    return widths.entrySet().stream()
        .map(column -> ("%-" + column.getValue() + "s").formatted(cell.of(column.getKey())))
        .collect(Collectors.joining("  "))
        .stripTrailing();
  }

  private static String text(@Nullable Object value) {
    return value instanceof Double number
        ? String.format(Locale.ROOT, "%.4g", number)
        : value == null ? "-" : value.toString();
  }
}
