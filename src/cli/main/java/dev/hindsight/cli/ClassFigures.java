package dev.hindsight.cli;

import dev.hindsight.error.Printable;
import dev.hindsight.train.Likelihood;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The likelihoods of the images of each class.
///
/// @param names of the classes
/// @param each null for a class of which there is no image
record ClassFigures(List<String> names, List<@Nullable Likelihood> each) {
  /// A table, a line for each class.
  void print(PrintWriter out) {
    int width = Math.max("class".length(), names.stream().mapToInt(String::length).max().orElse(0));
    out.println("%s %10s %8s %7s".formatted(padded("class", width), "nats", "error", "images"));
    for (int k = 0; k < names.size(); k++) {
      Likelihood found = each.get(k);
      String figures =
          found == null
              ? String.format(Locale.ROOT, "%10s %8s %7d", "-", "-", 0)
              : String.format(
                  Locale.ROOT,
                  "%10.3f %8s %7d",
                  found.nats(),
                  Double.isFinite(found.standardError())
                      ? String.format(Locale.ROOT, "%.3f", found.standardError())
                      : "-",
                  found.images());
      out.println(padded(Printable.line(names.get(k)), width) + " " + figures);
    }
  }

  private static String padded(String name, int width) {
    return name + " ".repeat(Math.max(0, width - name.length()));
  }

  /// The same for programs.
  List<Map<String, @Nullable Object>> rows() {
    List<Map<String, @Nullable Object>> rows = new ArrayList<>();
    for (int k = 0; k < names.size(); k++) {
      Map<String, @Nullable Object> row = new LinkedHashMap<>();
      Likelihood found = each.get(k);
      row.put("class", names.get(k));
      row.put("nll_nats", found == null ? null : found.nats());
      row.put("standard_error", found == null ? null : found.standardError());
      row.put("images", found == null ? 0 : found.images());
      rows.add(row);
    }
    return rows;
  }
}
