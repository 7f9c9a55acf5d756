package dev.hindsight.backend;

import java.util.SortedMap;

/// What one launch on the software GPU did. Exact counts, not times.
///
/// @param blocks of the grid
/// @param threads of a block
/// @param dynamicShared bytes that each block was given beside those that the kernel declares
/// @param instructions that warps executed, by kind (`fma.f32`, `ld.global`, ...)
/// @param threadInstructions the same over the lanes that took part
/// @param global 32-byte sectors, without those that a barrier over the grid polls
/// @param shared passes over the 32 banks
/// @param flops floating-point operations; a multiply-add is two
public record KernelCounts(
    String kernel,
    long blocks,
    int threads,
    int dynamicShared,
    SortedMap<String, Long> instructions,
    long threadInstructions,
    Traffic global,
    Traffic shared,
    long flops) {
  private static final int SECTOR_BYTES = 32;
  private static final double LANES = 32;

  /// Accesses to a memory.
  ///
  /// @param requests accesses of warps
  /// @param moved units that they took
  /// @param ideal units that the same bytes need at least
  public record Traffic(long requests, long moved, long ideal) {

    public double perRequest() {
      return requests == 0 ? 0 : (double) moved / requests;
    }

    /// 1 = perfect: coalesced, without bank conflicts.
    public double perIdeal() {
      return ideal == 0 ? 1 : (double) moved / ideal;
    }
  }

  public long warpInstructions() {
    return instructions.values().stream().mapToLong(Long::longValue).sum();
  }

  /// Share of lanes that took part; 1 without divergence.
  public double activeLanes() {
    long warps = warpInstructions();
    return warps == 0 ? 1 : threadInstructions / (LANES * warps);
  }

  /// Bytes between the kernel and the caches.
  public long bytesMoved() {
    return global.moved() * SECTOR_BYTES;
  }
}
