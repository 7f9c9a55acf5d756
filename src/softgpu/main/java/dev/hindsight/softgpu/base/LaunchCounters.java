package dev.hindsight.softgpu.base;

import java.util.Map;

/// Exact counts of one launch. They are counts, not times.
///
/// @param flops floating-point operations; fma is 2, mma counts all its products and sums
/// @param global in 32-byte sectors
/// @param shared in passes: as many as the ideal without a bank conflict
/// @param lines by `file.cu:line`
public record LaunchCounters(
    Launched launch,
    Instructions instructions,
    long flops,
    Traffic global,
    Traffic shared,
    Map<String, LineCounters> lines) {
  /// What was launched.
  ///
  /// @param dynamicShared bytes of shared memory that each block was given beside its own
  public record Launched(String kernel, Dim3 grid, Dim3 block, int dynamicShared) {}

  /// Instructions by kind (`fma`, `ld.global`, ...): how many warps executed, and the same times
  /// the lanes that took part.
  public record Instructions(Map<String, Long> ofWarps, Map<String, Long> ofThreads) {}

  /// Accesses of a memory.
  ///
  /// @param requests of warps
  /// @param actual sectors or passes that they took
  /// @param ideal how many the same bytes need at least
  /// @param loaded bytes that lanes loaded
  /// @param stored bytes that lanes stored
  public record Traffic(long requests, long actual, long ideal, long loaded, long stored) {
    /// What was taken for each that was needed: 1 when fully coalesced, or without bank conflicts.
    public double perIdeal() {
      return ideal == 0 ? 1 : (double) actual / ideal;
    }
  }

  /// Counts of one `.cu` line.
  public record LineCounters(long warpInstructions, long threadInstructions, long sectors) {}

  public long totalThreadInstructions() {
    return instructions.ofThreads.values().stream().mapToLong(Long::longValue).sum();
  }

  /// Sectors that blocks read over and over while they wait for each other at a grid barrier: those
  /// of CUDA's own header. How many depends on the schedule, so they say nothing about the kernel.
  public long sectorsWaiting() {
    return lines.entrySet().stream()
        .filter(line -> line.getKey().startsWith("sync.h:"))
        .mapToLong(line -> line.getValue().sectors())
        .sum();
  }
}
