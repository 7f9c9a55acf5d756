package dev.hindsight.verify;

import java.util.Arrays;
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
    String table =
        dev.hindsight.error.Resources.text(KernelResources.class, "/dev/hindsight/ptx/" + TABLE);
    for (String line : table.lines().toList()) {
      String[] row = line.split("\t", -1);
      if (row[1].equals(architecture)) { // kernel, arch, registers, shared, stack, stores, loads
        int[] numbers = Arrays.stream(row).skip(2).mapToInt(Integer::parseInt).toArray();
        kernels.put(row[0], new Resources(numbers[0], numbers[1], numbers[3] + numbers[4]));
      }
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
