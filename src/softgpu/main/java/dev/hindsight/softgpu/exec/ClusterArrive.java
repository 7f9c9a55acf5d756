package dev.hindsight.softgpu.exec;

/// `barrier.cluster.arrive`.
public final class ClusterArrive extends Op {
  /// Whether what came before is ordered before what others do who have waited.
  final boolean releases;

  /// Whether all threads of a warp must be at this very instruction.
  final boolean aligned;

  public ClusterArrive(boolean releases, boolean aligned) {
    this.releases = releases;
    this.aligned = aligned;
  }

  @Override
  public void exec(Warp w, int mask) {
    w.block.cluster.barrier.arrive(w, this, mask);
  }
}
