package dev.hindsight.backend.cuda.device;

/// What a GPU says about itself.
///
/// @param major compute capability before the point
/// @param minor compute capability after the point
public record DeviceFacts(
    String name, int major, int minor, int multiprocessors, long memoryBytes) {

  /// Compute capability: 80 for 8.0.
  public int capability() {
    return major * 10 + minor;
  }

  /// `NVIDIA H100 80GB HBM3, compute capability 9.0, 132 multiprocessors, 79.1 GiB`.
  @Override
  public String toString() {
    return "%s, compute capability %d.%d, %d multiprocessors, %.1f GiB"
        .formatted(name, major, minor, multiprocessors, memoryBytes / (double) (1L << 30));
  }
}
