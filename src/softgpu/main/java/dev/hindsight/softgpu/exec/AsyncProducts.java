package dev.hindsight.softgpu.exec;

import dev.hindsight.softgpu.check.Findings.Message;
import dev.hindsight.softgpu.check.Kind;
import java.util.ArrayDeque;
import java.util.BitSet;
import java.util.Deque;

/// What `wgmma` of a warp has under way: the registers of its sums until it has waited, and the
/// registers that other instructions have changed since its last fence.
final class AsyncProducts {
  /// By group: registers of sums, the latest group last. It is not committed yet.
  private final Deque<BitSet> groups = new ArrayDeque<>();

  private final AsyncReads reads = new AsyncReads(Kind.UNORDERED_PRODUCT, "wgmma.wait_group");
  private final BitSet changed = new BitSet();
  private boolean fenced;

  AsyncProducts() {
    groups.add(new BitSet());
  }

  void fence() {
    changed.clear();
    fenced = true;
  }

  void commit() {
    groups.addLast(new BitSet());
    reads.commit();
  }

  /// Waits for all groups but the latest that are committed.
  void await(Warp w, int allowed) {
    while (groups.size() - 1 > allowed) {
      groups.removeFirst();
    }
    reads.await(w, allowed);
    w.meet(); // each lane has waited for what all have read
  }

  /// A product reads shared memory.
  void read(Warp w, Op op, int[] offsets, byte[] image) {
    if (w.block.launch.asyncCopies) {
      reads.add(op, Integer.numberOfTrailingZeros(~w.dead), offsets, image);
    }
  }

  /// A product begins.
  void begin(Warp w, GroupMatrix op) {
    boolean bad = !fenced;
    for (int r : op.sums) {
      bad |= changed.get(r);
      groups.getLast().set(r);
    }
    for (int r : op.factors) {
      bad |= changed.get(r);
    }
    if (bad && w.block.launch.asyncCopies) {
      String why = fenced ? "its registers were changed since the last one" : "there was none";
      w.report(
          Kind.UNORDERED_PRODUCT,
          0,
          op,
          () -> new Message("Missing wgmma.fence before wgmma.mma_async: " + why));
    }
  }

  /// An instruction reads and writes registers that products have as well.
  void touch(Warp w, Op op, int[] reads, int[] writes) {
    for (int r : writes) {
      changed.set(r);
    }
    if (!w.block.launch.asyncCopies) {
      return;
    }
    for (BitSet group : groups) {
      boolean bad = false;
      for (int r : reads) {
        bad |= group.get(r);
      }
      for (int r : writes) {
        bad |= group.get(r);
      }
      if (bad) {
        w.report(
            Kind.UNORDERED_PRODUCT,
            0,
            op,
            () -> new Message("Missing wgmma.wait_group: sums of wgmma.mma_async are under way"));
        return;
      }
    }
  }

  /// An instruction of a kernel with products that has registers in common with them.
  static final class Watched extends Op {
    private final Op inner;
    private final int[] reads;
    private final int[] writes;

    Watched(Op inner, int[] reads, int[] writes) {
      this.inner = inner;
      this.reads = reads;
      this.writes = writes;
      pc = inner.pc;
      guard = inner.guard;
      guardNegated = inner.guardNegated;
      selector = inner.selector;
      selectorNegated = inner.selectorNegated;
      source = inner.source;
      flops = inner.flops;
    }

    @Override
    public void exec(Warp w, int mask) {
      w.products().touch(w, this, reads, writes);
      inner.exec(w, mask);
    }
  }
}
