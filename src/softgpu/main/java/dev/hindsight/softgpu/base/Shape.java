package dev.hindsight.softgpu.base;

import org.jspecify.annotations.Nullable;

/// The threads of a launch and the shared memory of each block.
///
/// @param cluster extent of a cluster in blocks, which divides the grid; null where none is named
/// @param dynamicSharedBytes beside the static shared memory of the kernel
public record Shape(
    Dim3 grid, @Nullable Dim3 cluster, Dim3 block, int dynamicSharedBytes, boolean cooperative) {

  public @Nullable Dim3 clusterOr(@Nullable Dim3 usual) {
    return cluster == null ? usual : cluster;
  }

  /// The same with clusters of this extent.
  public Shape withCluster(@Nullable Dim3 wanted) {
    return new Shape(grid, wanted, block, dynamicSharedBytes, cooperative);
  }

  /// The same with blocks that all run at once, or without.
  public Shape withCooperative(boolean wanted) {
    return new Shape(grid, cluster, block, dynamicSharedBytes, wanted);
  }

  @Override
  public String toString() {
    return "grid "
        + grid
        + (cluster == null ? "" : ", clusters of " + cluster)
        + ", block "
        + block;
  }
}
