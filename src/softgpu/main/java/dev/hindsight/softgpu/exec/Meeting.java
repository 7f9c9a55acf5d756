package dev.hindsight.softgpu.exec;

/// Where threads may have to wait for others of their block or cluster.
abstract sealed class Meeting extends Op permits BarrierOp, ClusterWait {
  @Override
  public final Flow flow() {
    return Flow.BARRIER;
  }

  @Override
  public final void exec(Warp w, int mask) {
    throw new IllegalStateException("a barrier is executed by the warp's loop");
  }

  /// A group of the warp comes to it.
  abstract void arrive(Warp w, int group);
}
