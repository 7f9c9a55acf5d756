package dev.hindsight.softgpu.exec;

import org.jspecify.annotations.Nullable;

/// Accesses that other blocks of a cluster make to the shared memory of one. Whoever makes one must
/// be sure that the block still runs.
final class Visits {
  /// The last of a warp, and the epoch of the warp when it made it.
  private record Visit(Warp by, Op op, int lane, int at, int epoch) {}

  private final SharedMemory memory;

  /// By warp, since all met last; none at first.
  private @Nullable Visit[] last = new Visit[0];

  private boolean any;

  Visits(SharedMemory memory) {
    this.memory = memory;
  }

  void forget() {
    if (any) {
      last = new Visit[0];
      any = false;
    }
  }

  /// Whether a lane of another block may access this one's memory.
  boolean allow(Warp w, Op op, int lane, int at) {
    if (!memory.launch.bounds) {
      return true;
    }
    if (memory.block.hasEnded()) {
      memory.reports.exited(w, op, lane, at, true);
      return false;
    }
    if (!any) {
      last = new Visit[memory.order.warps()];
      any = true;
    }
    last[w.number] = new Visit(w, op, lane, at, w.epoch);
    return true;
  }

  /// The block has ended. What nothing orders before that, another schedule has come too late.
  void end() {
    for (Visit each : last) {
      if (each != null && !isKnown(each)) {
        memory.reports.exited(each.by, each.op, each.lane, each.at, false);
      }
    }
    forget();
  }

  private boolean isKnown(Visit visit) {
    for (Warp w : memory.block.warps) {
      int[] known = memory.order.known[w.number];
      if (known != null && known[visit.by.number] >= visit.epoch) {
        return true;
      }
    }
    return false;
  }
}
