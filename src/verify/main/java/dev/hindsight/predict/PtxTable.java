package dev.hindsight.predict;

import dev.hindsight.error.Resources;
import java.util.List;

/// Tables of `cuda-build/ptx` about the kernels that ship, a row for each kernel and architecture.
public final class PtxTable {
  private PtxTable() {}

  /// A row of one.
  ///
  /// @param columns their names
  public record Row(List<String> columns, List<String> cells) {
    public String text(String column) {
      return cells.get(columns.indexOf(column));
    }

    public int number(String column) {
      return Integer.parseInt(text(column));
    }
  }

  /// The rows of an architecture.
  ///
  /// @param file `sass.tsv`
  /// @param architecture `sm_90`
  public static List<Row> rows(String file, String architecture) {
    List<String> lines =
        Resources.text(PtxTable.class, "/dev/hindsight/ptx/" + file).lines().toList();
    lines = lines.stream().filter(line -> !line.startsWith("#")).toList();
    List<String> columns = List.of(lines.getFirst().split("\t", -1));
    return lines.stream()
        .skip(1)
        .map(line -> new Row(columns, List.of(line.split("\t", -1))))
        .filter(row -> row.text("arch").equals(architecture))
        .toList();
  }
}
