package dev.hindsight.verify;

import dev.hindsight.predict.PtxTable;
import dev.hindsight.predict.PtxTable.Row;
import java.util.HashMap;
import java.util.Map;

/// What ptxas said about each kernel that ships, for one architecture.
public final class KernelResources {
  private static final String TABLE = "resources.tsv";

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
    for (Row row : PtxTable.rows(TABLE, architecture)) {
      int spills = row.number("spill_stores") + row.number("spill_loads");
      kernels.put(
          row.text("kernel"), new Resources(row.number("registers"), row.number("shared"), spills));
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
