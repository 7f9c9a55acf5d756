package dev.hindsight.softgpu.exec;

import dev.hindsight.softgpu.check.Findings.Message;
import dev.hindsight.softgpu.check.Kind;
import java.util.Arrays;

/// The way by which bulk copies and `wgmma` read the shared memory of a block: they see what others
/// stored where `fence.proxy.async` lies between, of who stored it or of who starts them.
final class AsyncProxy {
  private final SharedMemory memory;

  /// By granule: the number of the store, or 0 where what is there came by this way too.
  private final int[] stored;

  /// By warp of the cluster: the last store before its last fence.
  private final int[] fenced;

  private int stores;

  /// @param granules 0 where a kernel has no such reads
  AsyncProxy(SharedMemory memory, int granules) {
    this.memory = memory;
    stored = new int[granules];
    fenced = new int[memory.order.warps()];
  }

  void reset() {
    Arrays.fill(stored, 0);
    Arrays.fill(fenced, 0);
    stores = 0;
  }

  void store(int mask, int[] offsets, int width) {
    if (stored.length > 0) {
      stores++;
      mark(mask, offsets, width, stores);
    }
  }

  /// What is there now came by this way.
  void land(int mask, int[] offsets, int width) {
    if (stored.length > 0) {
      mark(mask, offsets, width, 0);
    }
  }

  private void mark(int mask, int[] offsets, int width, int number) {
    int shift = memory.granuleShift;
    for (int rest = mask; rest != 0; rest &= rest - 1) {
      int at = offsets[Integer.numberOfTrailingZeros(rest)];
      Arrays.fill(stored, at >> shift, (at + width) >> shift, number);
    }
  }

  void fence(Warp w) {
    fenced[w.number] = stores;
  }

  /// A lane reads what it may read.
  void read(Warp w, Op op, int lane, int at, int width) {
    int shift = memory.granuleShift;
    int end = Math.min((at + width) >> shift, stored.length);
    for (int g = Math.max(0, at >> shift); g < end; g++) {
      int writer = SharedCheck.warp(memory.writer(g << shift));
      if (stored[g] > Math.max(fenced[w.number], fenced[writer])) {
        int place = g << shift;
        w.report(
            Kind.MISSING_PROXY_FENCE,
            lane,
            op,
            () ->
                new Message(
                    "Missing fence.proxy.async: shared memory was stored and is read by the async proxy",
                    memory.reports.writer(w, place)));
        return;
      }
    }
  }
}
