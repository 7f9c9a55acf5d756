package dev.hindsight.softgpu.exec;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// What barriers put before what, among the warps of a cluster and in the shared memory of its
/// blocks. Epochs tell apart what lies before a barrier and behind it.
final class Order {
  private final Cluster cluster;

  /// `known[a][b]`: epochs of warp b that lie before warp a's present, by their numbers in the
  /// cluster; null where nothing is known since the last barrier of all.
  final int[] @Nullable [] known;

  private boolean any;

  Order(Cluster cluster, int warps) {
    this.cluster = cluster;
    this.known = new int[warps][];
  }

  int warps() {
    return known.length;
  }

  private void forget() {
    if (any) {
      Arrays.fill(known, null);
      any = false;
    }
  }

  /// All threads of the cluster met: whatever came before is ordered now.
  void fullBarrier() {
    if (cluster.blocks[0].shared.atLastEpoch()) {
      restart();
    }
    for (Block block : cluster.blocks) {
      block.shared.nextEpoch();
    }
    forget();
  }

  /// Goes on as behind a barrier of all threads, with the lowest epochs.
  private void restart() {
    forget();
    cluster.barrier.forgetOrder();
    for (Block block : cluster.blocks) {
      block.shared.restart();
      block.barriers.forgetOrder();
      block.mbarriers.forgetOrder();
      for (Warp w : block.warps) {
        w.epoch = 0;
        w.metAt = 0;
      }
    }
  }

  /// The warp comes to something that tells its accesses before from those behind.
  void advance(Warp w) {
    if (++w.epoch == SharedMemory.WARP_EPOCHS) {
      restart();
    }
  }

  /// A warp comes to a barrier. What it does next lies behind, even where it does not wait.
  void arrive(Arrivals arrivals, Warp w, boolean waits) {
    arrivals.add(w, known[w.number], waits);
    if (!waits) {
      advance(w);
    }
  }

  /// A barrier of some of these warps opens: those that waited know what came before any that
  /// arrived.
  void partialBarrier(Arrivals arrivals, Warp[] warps) {
    for (Warp w : warps) {
      if (arrivals.waits(w.number)) {
        w.meet();
      }
    }
    int[] before = arrivals.before();
    for (Warp w : warps) {
      if (arrivals.waits(w.number)) {
        known[w.number] = before;
      }
    }
    any = true;
  }

  /// A warp has waited for what came before.
  void acquire(Warp w, int[] before) {
    w.meet();
    int[] own = known[w.number];
    int[] all = before.clone();
    for (int v = 0; own != null && v < all.length; v++) {
      all[v] = Math.max(all[v], own[v]);
    }
    known[w.number] = all;
    any = true;
  }
}
