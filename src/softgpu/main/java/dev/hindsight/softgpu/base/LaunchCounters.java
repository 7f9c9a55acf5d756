package dev.hindsight.softgpu.base;

import java.util.List;
import java.util.Map;

/// Exact counts of one launch. They are counts, not times.
///
/// @param dynamicShared bytes of shared memory that each block was given beside its own
/// @param warpInstructions instructions that warps executed, by kind (`fma`, `ld.global`, ...)
/// @param threadInstructions the same, times the lanes that took part
/// @param globalRequests warp-level global accesses
/// @param globalSectors 32-byte sectors that they touched
/// @param idealSectors sectors that the same bytes need at least
/// @param globalBytesLoaded bytes that lanes loaded
/// @param globalBytesStored bytes that lanes stored
/// @param sharedRequests warp-level shared accesses
/// @param sharedWavefronts passes that they need: equal to the ideal without a bank conflict
/// @param idealWavefronts passes that they need at least
/// @param flops floating-point operations; fma is 2, mma counts all its products and sums
/// @param addresses device addresses among the kernel's parameters, in their order
public record LaunchCounters(
    String kernel,
    Dim3 grid,
    Dim3 block,
    int dynamicShared,
    Map<String, Long> warpInstructions,
    Map<String, Long> threadInstructions,
    long globalRequests,
    long globalSectors,
    long idealSectors,
    long globalBytesLoaded,
    long globalBytesStored,
    long sharedRequests,
    long sharedWavefronts,
    long idealWavefronts,
    long flops,
    Map<String, LineCounters> lines,
    List<Long> addresses) {

  /// Counts of one `.cu` line.
  public record LineCounters(long warpInstructions, long threadInstructions, long sectors) {}

  public long totalWarpInstructions() {
    return warpInstructions.values().stream().mapToLong(Long::longValue).sum();
  }

  public long totalThreadInstructions() {
    return threadInstructions.values().stream().mapToLong(Long::longValue).sum();
  }

  /// Sectors that blocks read over and over while they wait for each other at a grid barrier: those
  /// of CUDA's own header. How many depends on the schedule, so they say nothing about the kernel.
  public long sectorsWaiting() {
    return lines.entrySet().stream()
        .filter(line -> line.getKey().startsWith("sync.h:"))
        .mapToLong(line -> line.getValue().sectors())
        .sum();
  }

  /// Share of lanes that took part, 1 without divergence.
  public double activeLaneRatio() {
    long warps = totalWarpInstructions();
    return warps == 0 ? 1 : totalThreadInstructions() / (32.0 * warps);
  }

  /// Sectors fetched for every sector needed, 1 when fully coalesced.
  public double sectorsPerIdeal() {
    return idealSectors == 0 ? 1 : (double) globalSectors / idealSectors;
  }

  /// Passes for every pass needed, 1 without bank conflicts.
  public double bankConflictDegree() {
    return idealWavefronts == 0 ? 1 : (double) sharedWavefronts / idealWavefronts;
  }
}
