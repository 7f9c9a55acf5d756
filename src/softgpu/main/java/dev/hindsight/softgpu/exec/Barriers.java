package dev.hindsight.softgpu.exec;

import dev.hindsight.softgpu.check.Findings.Message;
import dev.hindsight.softgpu.check.Kind;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;

/// The 16 barriers of a block.
final class Barriers {
  static final int COUNT = 16;

  private final Block block;
  private final int[][] arrived = new int[COUNT][];
  private final int[] wanted = new int[COUNT];
  private final BarrierOp[] firstOp = new BarrierOp[COUNT];

  /// By barrier and warp: where its lanes arrived first.
  private final BarrierOp[][] opOfWarp = new BarrierOp[COUNT][];

  /// By barrier and warp: what had happened when its lanes arrived.
  private final Arrivals[] arrivals = new Arrivals[COUNT];

  private final int[] pending = new int[COUNT];
  private final int[] votes = new int[COUNT];
  private boolean any;

  Barriers(Block block) {
    this.block = block;
    for (int b = 0; b < COUNT; b++) {
      arrived[b] = new int[block.warps.length];
      opOfWarp[b] = new BarrierOp[block.warps.length];
      arrivals[b] = new Arrivals(block.cluster.order.warps());
    }
  }

  void reset() {
    for (int b = 0; b < COUNT; b++) {
      clear(b);
    }
    any = false;
  }

  private void clear(int b) {
    Arrays.fill(arrived[b], 0);
    arrivals[b].clear();
    pending[b] = 0;
    votes[b] = 0;
  }

  /// Lanes of warp `w` that are at barrier `b`.
  int arrived(int b, int w) {
    return arrived[b][w];
  }

  /// Epochs begin anew: those that were noted say nothing of the new ones.
  void forgetOrder() {
    for (Arrivals each : arrivals) {
      each.forgetOrder();
    }
  }

  boolean waitedFor(int b) {
    return pending[b] > 0;
  }

  void arrive(Warp w, int group, BarrierOp op) {
    Groups groups = w.groups;
    int lanes = groups.mask[group];
    int first = Integer.numberOfTrailingZeros(lanes);
    int b = w.i(op.id, 0)[first] & COUNT - 1;
    int threads = op.threads == BarrierOp.ALL ? BarrierOp.ALL : w.i(op.threads, 0)[first];
    if (pending[b] == 0) {
      firstOp[b] = op;
      wanted[b] = threads;
    }
    compare(w, first, op, b, threads);
    if (arrived[b][w.index] == 0) {
      opOfWarp[b][w.index] = op;
    }
    pending[b]++;
    any = true;
    arrived[b][w.index] |= lanes;
    block.cluster.order.arrive(arrivals[b], w, op.waits);
    if (op.reduce != BarrierOp.Reduce.NONE) {
      int p = w.preds[op.predicate];
      votes[b] += Integer.bitCount((op.predicateNegated ? ~p : p) & lanes);
    }
    if (op.waits) {
      groups.state[group] = Groups.AT_BARRIER;
      groups.key[group] = b;
    } else {
      groups.pc[group]++;
    }
  }

  /// `.aligned` asks that the threads of a warp are at the same instruction; CUDA C asks it of the
  /// block where a barrier is for all its threads. Warps of other roles may meet from two places.
  private void compare(Warp w, int lane, BarrierOp op, int b, int threads) {
    BarrierOp ofWarp = arrived[b][w.index] == 0 ? op : opOfWarp[b][w.index];
    if (op.aligned && ofWarp.aligned && ofWarp != op) {
      divergent(w, lane, op, ofWarp, "threads of a warp wait at different ");
    } else if (op.aligned && firstOp[b] != op && threads == wanted[b] && threads == BarrierOp.ALL) {
      divergent(w, lane, op, firstOp[b], "threads of the block wait at different ");
    } else if (threads != wanted[b] && whole(threads) != whole(wanted[b])) {
      divergent(w, lane, op, firstOp[b], "another number of threads is wanted by another ");
    }
  }

  private long whole(int threads) {
    return threads == BarrierOp.ALL ? block.warps.length * (long) Warp.LANES : threads;
  }

  private void divergent(Warp w, int lane, BarrierOp op, BarrierOp other, String what) {
    if (!block.launch.barriers) {
      return;
    }
    w.report(
        Kind.DIVERGENT_BARRIER,
        lane,
        op,
        () ->
            new Message(
                "Barrier error: " + what + op.source.name(),
                List.of(
                    "others wait at "
                        + block.launch.program.sites().apply(other.pc).where()
                        + ", PTX line "
                        + other.source.line())));
  }

  /// Opens every barrier whose threads are all there. True when one opened.
  boolean release() {
    boolean opened = false;
    for (int b = 0; any && b < COUNT; b++) {
      if (pending[b] > 0 && complete(b)) {
        open(b);
        opened = true;
      }
    }
    return opened;
  }

  private boolean complete(int b) {
    if (wanted[b] == BarrierOp.ALL) {
      for (Warp w : block.warps) {
        if ((arrived[b][w.index] | w.dead) != Warp.FULL) {
          return false;
        }
      }
      return true;
    }
    int threads = 0;
    for (Warp w : block.warps) {
      int lanes = arrived[b][w.index];
      boolean whole = lanes != 0 && (lanes | w.dead) == Warp.FULL;
      threads += whole ? Warp.LANES : Integer.bitCount(lanes);
    }
    return threads >= wanted[b];
  }

  private void open(int b) {
    if (wanted[b] == BarrierOp.ALL) {
      checkExited(b);
    }
    Order order = block.cluster.order;
    if (wanted[b] == BarrierOp.ALL && arrivals[b].allWait() && !block.cluster.isShared()) {
      order.fullBarrier();
    } else {
      order.partialBarrier(arrivals[b], block.warps);
    }
    int threads = 0;
    for (int lanes : arrived[b]) {
      threads += Integer.bitCount(lanes);
    }
    for (Warp w : block.warps) {
      Groups groups = w.groups;
      for (int g = 0; g < groups.count; g++) {
        if (groups.state[g] == Groups.AT_BARRIER && groups.key[g] == b) {
          BarrierOp op = (BarrierOp) block.launch.program.code()[groups.pc[g]];
          result(w, groups.mask[g], op, votes[b], threads);
          groups.state[g] = Groups.RUNNABLE;
          w.pass(groups.mask[g], groups.pc[g]++);
        }
      }
    }
    clear(b);
    any = false;
    for (int left : pending) {
      any |= left > 0;
    }
  }

  private static void result(Warp w, int lanes, BarrierOp op, int votes, int threads) {
    switch (op.reduce) {
      case NONE -> {}
      case POPC -> {
        for (int rest = lanes; rest != 0; rest &= rest - 1) {
          w.setLane(op.result, Integer.numberOfTrailingZeros(rest), votes);
        }
      }
      case AND -> w.setPred(op.result, lanes, votes == threads ? -1 : 0);
      case OR -> w.setPred(op.result, lanes, votes > 0 ? -1 : 0);
    }
  }

  /// Threads that have exited are not waited for: who returns before a barrier makes no mistake.
  /// Who goes past it, and does what others do behind it, never reaches it.
  private void checkExited(int b) {
    BarrierOp op = firstOp[b];
    if (!block.launch.barriers || !op.aligned) {
      return;
    }
    BitSet behind = null;
    for (Warp w : block.warps) {
      int gone = w.dead & ~arrived[b][w.index] & block.existing(w.index);
      if (gone != 0) {
        behind = behind == null ? behind(op.pc) : behind;
        if (w.wentPast(gone, op.pc, behind)) {
          Deadlock.fewReached(block, b, Deadlock.warpAt(block, b), op, "others went past it");
          return;
        }
      }
    }
  }

  /// What can follow an instruction without a jump backwards.
  private BitSet behind(int start) {
    Op[] code = block.launch.program.code();
    BitSet found = new BitSet();
    found.set(start + 1);
    for (int pc = found.nextSetBit(0); pc >= 0 && pc < code.length; pc = found.nextSetBit(pc + 1)) {
      boolean always = code[pc].guard < 0;
      if (code[pc] instanceof Branch branch && branch.target > pc) {
        found.set(branch.target);
      }
      boolean leaves =
          code[pc].flow() == Op.Flow.BRANCH
              || code[pc].flow() == Op.Flow.EXIT
              || code[pc] instanceof Return;
      if (!always || !leaves) {
        found.set(pc + 1);
      }
    }
    return found;
  }
}
