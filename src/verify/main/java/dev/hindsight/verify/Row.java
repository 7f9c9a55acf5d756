package dev.hindsight.verify;

import dev.hindsight.catalogue.OpCase;
import dev.hindsight.catalogue.Outcome;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// One check and how it went.
///
/// @param op an op of the catalogue, or a model
/// @param phase `forward`, `backward`, or what was done to a model's later pixels
/// @param error largest difference from the reference, of a model how many logits moved; infinite
///   where there is no number
/// @param allowed the difference allowed there
/// @param detail what is wrong, in one line; null where nothing is
public record Row(
    String op, String shape, String phase, double error, double allowed, @Nullable String detail) {
  private static final String FORMAT = "%-20s %-28s %-16s %11s %11s  %s";

  static Row of(Outcome outcome) {
    OpCase c = outcome.opCase();
    return new Row(
        c.op(),
        c.shape(),
        outcome.phase(),
        outcome.broken() != null ? Double.POSITIVE_INFINITY : outcome.worst().difference(),
        outcome.worst().allowed(),
        outcome.passed() ? null : outcome.message());
  }

  public boolean passed() {
    return detail == null;
  }

  private String verdict() {
    return passed() ? "ok" : "FAILED";
  }

  public static String header() {
    return String.format(
        Locale.ROOT, FORMAT, "op", "shape", "phase", "error", "allowed", "verdict");
  }

  /// One line of the table, and one more for what is wrong.
  public String text() {
    String line =
        String.format(
            Locale.ROOT, FORMAT, op, shape, phase, number(error), number(allowed), verdict());
    return detail == null ? line : line + System.lineSeparator() + "    " + detail;
  }

  private static String number(double value) {
    return value == 0 ? "0" : String.format(Locale.ROOT, "%.2e", value);
  }

  public Map<String, @Nullable Object> json() {
    Map<String, @Nullable Object> row = new LinkedHashMap<>();
    row.put("op", op);
    row.put("shape", shape);
    row.put("phase", phase);
    row.put("error", error);
    row.put("allowed", allowed);
    row.put("verdict", verdict());
    row.put("detail", detail);
    return row;
  }
}
