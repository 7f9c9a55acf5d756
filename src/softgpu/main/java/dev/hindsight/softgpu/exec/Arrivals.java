package dev.hindsight.softgpu.exec;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Who arrived at a barrier, and which accesses of shared memory came before.
final class Arrivals {
  /// A warp that did not arrive, or of which nothing is known to have come before.
  private static final int NOTHING = -1;

  /// By warp: the last of its epochs that lies before its arrival.
  private final int[] epoch;

  /// By warp: what it knew of others when it arrived.
  private final int[] @Nullable [] known;

  private final boolean[] waits;
  private boolean allWait = true;

  Arrivals(int warps) {
    epoch = new int[warps];
    known = new int[warps][];
    waits = new boolean[warps];
    Arrays.fill(epoch, NOTHING);
  }

  void clear() {
    forgetOrder();
    Arrays.fill(waits, false);
    allWait = true;
  }

  void forgetOrder() {
    Arrays.fill(epoch, NOTHING);
    Arrays.fill(known, null);
  }

  void add(Warp w, int @Nullable [] knows, boolean waiting) {
    epoch[w.number] = w.epoch;
    known[w.number] = knows;
    waits[w.number] |= waiting;
    allWait &= waiting;
  }

  boolean allWait() {
    return allWait;
  }

  boolean waits(int warp) {
    return waits[warp];
  }

  /// Up to which epoch of each warp accesses lie before the barrier.
  int[] before() {
    int[] all = epoch.clone();
    for (int[] knows : known) {
      for (int v = 0; knows != null && v < all.length; v++) {
        all[v] = Math.max(all[v], knows[v]);
      }
    }
    return all;
  }
}
