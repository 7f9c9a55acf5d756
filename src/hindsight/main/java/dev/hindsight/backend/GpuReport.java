package dev.hindsight.backend;

import java.util.List;

/// What this machine offers to a [GpuProvider], each line for people.
///
/// @param gpus in the driver's order
/// @param driver its version, or why there is none
/// @param libraries those that could serve, and whether they load
public record GpuReport(List<String> gpus, String driver, List<String> libraries) {
  /// Takes copies of the lists.
  public GpuReport {
    gpus = List.copyOf(gpus);
    libraries = List.copyOf(libraries);
  }

  /// Whether the backend can be expected to open.
  public boolean usable() {
    return !gpus.isEmpty();
  }
}
