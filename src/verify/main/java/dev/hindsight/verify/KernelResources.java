package dev.hindsight.verify;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// What ptxas said about each kernel that ships, for one architecture.
public final class KernelResources {
  private static final String TABLE = "/dev/hindsight/ptx/resources.tsv";

  private final String architecture;
  private final Map<String, Resources> kernels = new HashMap<>();

  /// One kernel.
  ///
  /// @param registers per thread
  /// @param shared static bytes per block
  /// @param spills bytes per thread stored to and loaded from local memory
  public record Resources(int registers, int shared, int spills) {}

  /// @param architecture `sm_80`
  public KernelResources(String architecture) {
    this.architecture = architecture;
    List<String> rows = table().lines().toList();
    List<String> names = List.of(rows.getFirst().split("\t", -1));
    for (String row : rows.subList(1, rows.size())) {
      String[] cells = row.split("\t", -1);
      if (cells[names.indexOf("arch")].equals(architecture)) {
        kernels.put(
            cells[names.indexOf("kernel")],
            new Resources(
                Integer.parseInt(cells[names.indexOf("registers")]),
                Integer.parseInt(cells[names.indexOf("shared")]),
                Integer.parseInt(cells[names.indexOf("spill_stores")])
                    + Integer.parseInt(cells[names.indexOf("spill_loads")])));
      }
    }
  }

  private static String table() {
    try (InputStream in = KernelResources.class.getResourceAsStream(TABLE)) {
      if (in == null) {
        throw new IllegalStateException(TABLE + " is not on the class path; build again");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + TABLE, e);
    }
  }

  public Resources of(String kernel) {
    Resources found = kernels.get(kernel);
    if (found == null) {
      throw new IllegalStateException(
          "%s has no row for %s on %s; run make -C cuda-build ptx"
              .formatted(TABLE, kernel, architecture));
    }
    return found;
  }
}
