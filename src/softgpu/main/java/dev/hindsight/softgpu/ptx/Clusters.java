package dev.hindsight.softgpu.ptx;

import dev.hindsight.softgpu.base.Dim3;
import org.jspecify.annotations.Nullable;

/// What an entry point says of the clusters of its launches.
///
/// @param explicit whether a launch must have them, `.explicitcluster`
/// @param required their extent, `.reqnctapercluster`; null without
/// @param most blocks of one, `.maxclusterrank`
public record Clusters(boolean explicit, @Nullable Dim3 required, int most) {
  /// The most blocks that a cluster may have on any GPU, and where a kernel allows what this one
  /// has.
  public static final int PORTABLE = 8;

  public static final int MOST = 16;

  public static final Clusters NONE = new Clusters(false, null, MOST);

  /// Why a grid cannot be launched in such clusters, of which one is to have at most so many
  /// blocks; empty where it can.
  public String refusal(Dim3 grid, @Nullable Dim3 cluster, int allowed) {
    if (cluster == null) {
      return explicit ? "it must be launched in clusters, and none are named" : "";
    }
    if (required != null && !required.equals(cluster)) {
      return "clusters of " + cluster + " blocks; it is compiled for " + required;
    }
    if (cluster.x() < 1 || cluster.y() < 1 || cluster.z() < 1) {
      return "clusters of " + cluster + " blocks; at least one is wanted along each axis";
    }
    long blocks = cluster.count();
    if (blocks > Math.min(most, allowed)) {
      return "clusters of "
          + blocks
          + " blocks; "
          + Math.min(most, allowed)
          + " are allowed"
          + (allowed < MOST && blocks <= Math.min(most, MOST)
              ? ", cuFuncSetAttribute(14) allows " + MOST
              : "");
    }
    boolean divides =
        grid.x() % cluster.x() == 0 && grid.y() % cluster.y() == 0 && grid.z() % cluster.z() == 0;
    return divides ? "" : "clusters of " + cluster + " blocks do not divide a grid of " + grid;
  }
}
