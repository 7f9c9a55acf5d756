package dev.hindsight.predict;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
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
    List<String> lines = text("/dev/hindsight/ptx/" + file).lines().toList();
    lines = lines.stream().filter(line -> !line.startsWith("#")).toList();
    List<String> columns = List.of(lines.getFirst().split("\t", -1));
    return lines.stream()
        .skip(1)
        .map(line -> new Row(columns, List.of(line.split("\t", -1))))
        .filter(row -> row.text("arch").equals(architecture))
        .toList();
  }

  private static String text(String resource) {
    try (InputStream in = PtxTable.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new IllegalStateException(resource + " is not on the class path; build again");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + resource, e);
    }
  }
}
