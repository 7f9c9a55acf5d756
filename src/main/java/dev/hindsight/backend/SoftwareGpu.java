package dev.hindsight.backend;

/// How the software GPU runs, as far as a user chooses. Its checks are always on.
///
/// @param scheduleSeed 0 runs warps in their natural order; another value shuffles them
/// @param perturb move approximate results to the edge of their documented error
/// @param counters count what every launch does, for [Backends#takeCounts]
/// @param multiprocessors the size of GPU that launches are shaped for; 0 = its own
public record SoftwareGpu(
    long scheduleSeed, boolean perturb, boolean counters, int multiprocessors) {
  public static final SoftwareGpu STANDARD = new SoftwareGpu(0, false, false, 0);

  /// Counts launches that are shaped for a GPU of this many multiprocessors.
  public static SoftwareGpu counting(int multiprocessors) {
    return new SoftwareGpu(0, false, true, multiprocessors);
  }
}
