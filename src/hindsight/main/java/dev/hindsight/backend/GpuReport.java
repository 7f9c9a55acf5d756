package dev.hindsight.backend;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// What this machine offers to a [GpuProvider], each line for people.
///
/// @param gpus in the driver's order
/// @param driver its version, or why there is none
/// @param libraries those that could serve, and whether they load
/// @param refusal why the first GPU or its driver cannot serve although it is there; null where it
///   can, and where there is none
public record GpuReport(
    List<String> gpus, String driver, List<String> libraries, @Nullable String refusal) {
  /// Takes copies of the lists.
  public GpuReport {
    gpus = List.copyOf(gpus);
    libraries = List.copyOf(libraries);
  }

  /// Whether the backend can be expected to open.
  public boolean usable() {
    return !gpus.isEmpty() && refusal == null;
  }

  /// Why it cannot, where it cannot.
  public String why() {
    return refusal == null ? driver : refusal;
  }
}
