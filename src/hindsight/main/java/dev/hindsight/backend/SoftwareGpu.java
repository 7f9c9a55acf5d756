package dev.hindsight.backend;

/// How the software GPU runs, as far as a user chooses. Its checks are always on.
///
/// @param scheduleSeed 0 runs warps in their natural order; another value shuffles them
/// @param perturb move approximate results to the edge of their documented error
/// @param counters count what every launch does, for [Backends#takeCounts]
/// @param multiprocessors how many it has, for which launches are shaped; 0 = a few
/// @param capability the compute capability that launches are shaped for, 80 for 8.0; 0 = its own
/// @param sharedBytes that a block may take to keep weights, or sums of a head of attention; what
///   the GPU has that is counted for
public record SoftwareGpu(
    long scheduleSeed,
    boolean perturb,
    boolean counters,
    int multiprocessors,
    int capability,
    int sharedBytes) {
  public static final SoftwareGpu STANDARD = new SoftwareGpu(0, false, false, 0);

  public SoftwareGpu(long scheduleSeed, boolean perturb, boolean counters, int multiprocessors) {
    this(scheduleSeed, perturb, counters, multiprocessors, 0, Integer.MAX_VALUE);
  }

  /// Counts the launches of a GPU of this many multiprocessors.
  public static SoftwareGpu counting(int multiprocessors) {
    return new SoftwareGpu(0, false, true, multiprocessors);
  }
}
