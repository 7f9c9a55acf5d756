package dev.hindsight.softgpu.exec;

import dev.hindsight.softgpu.check.Findings.Message;
import dev.hindsight.softgpu.check.GlobalRaces;
import dev.hindsight.softgpu.check.Kind;
import java.util.Arrays;

/// The barrier of all threads of a cluster: each arrives, and later waits for the others.
final class ClusterBarrier {
  private final Cluster cluster;

  /// By warp: lanes that have arrived at the phase at hand.
  private final int[] arrived;

  /// By warp: lanes that have not yet waited for the phase before.
  private final int[] free;

  /// By warp: where lanes arrived first.
  private final ClusterArrive[] opOfWarp;

  private final Arrivals arrivals;

  /// What came before the end of the last phase.
  private int[] before;

  private boolean released;
  private boolean any;
  private int waiting;

  ClusterBarrier(Cluster cluster) {
    int warps = cluster.order.warps();
    this.cluster = cluster;
    this.arrived = new int[warps];
    this.free = new int[warps];
    this.opOfWarp = new ClusterArrive[warps];
    this.arrivals = new Arrivals(warps);
    this.before = arrivals.before();
  }

  void reset() {
    Arrays.fill(arrived, 0);
    Arrays.fill(free, 0);
    forgetOrder();
    waiting = 0;
    any = false;
    released = true;
  }

  /// Epochs begin anew.
  void forgetOrder() {
    arrivals.clear();
    before = arrivals.before();
  }

  boolean waitedFor() {
    return waiting > 0;
  }

  /// Threads that have arrived.
  int threads() {
    return Arrays.stream(arrived).map(Integer::bitCount).sum();
  }

  void arrive(Warp w, ClusterArrive op, int mask) {
    int again = mask & (arrived[w.number] | free[w.number]);
    if (again != 0) {
      report(w, again, op, "a thread arrives twice and has not waited between");
    }
    any = true;
    if (arrived[w.number] == 0) {
      opOfWarp[w.number] = op;
    } else if (op.aligned && opOfWarp[w.number].aligned && opOfWarp[w.number] != op) {
      report(w, mask, op, "threads of a warp arrive at different " + op.source.name());
    }
    arrived[w.number] |= mask & ~free[w.number];
    released &= op.releases;
    if (op.releases) {
      cluster.order.arrive(arrivals, w, false);
    }
  }

  void await(Warp w, int group, ClusterWait op) {
    int lanes = w.groups.mask[group];
    int without = lanes & ~(arrived[w.number] | free[w.number]);
    if (without != 0) {
      report(w, without, op, "a thread waits and has not arrived");
    }
    w.groups.state[group] = Groups.AT_CLUSTER;
    waiting++;
  }

  private void report(Warp w, int lanes, Op op, String what) {
    if (cluster.launch.barriers) {
      int lane = Integer.numberOfTrailingZeros(lanes);
      w.report(Kind.DIVERGENT_BARRIER, lane, op, () -> new Message("Barrier error: " + what));
    }
  }

  /// Ends the phase where all have arrived, and lets go who waited for it. True when anybody goes.
  boolean release() {
    boolean all = any && complete() && turn();
    return waiting > 0 && letGo(all);
  }

  private boolean complete() {
    for (Block block : cluster.blocks) {
      for (Warp w : block.warps) {
        if ((arrived[w.number] | w.dead) != Warp.FULL) {
          return false;
        }
      }
    }
    return true;
  }

  /// A phase ends. True where all threads wait, and what they did is ordered for all.
  private boolean turn() {
    boolean all = released && allWaitPromptly();
    for (int w = 0; w < arrived.length; w++) {
      free[w] |= arrived[w];
      arrived[w] = 0;
    }
    before = arrivals.before();
    arrivals.clear();
    GlobalRaces races = cluster.launch.globalRaces;
    if (races != null && released && cluster.isShared()) {
      races.meet(Arrays.stream(cluster.blocks).mapToLong(Block::number).toArray());
    }
    any = false;
    released = true;
    if (all) {
      cluster.order.fullBarrier();
    }
    return all;
  }

  /// Whether all threads stand at a wait, and have done nothing since they arrived.
  private boolean allWaitPromptly() {
    Op[] code = cluster.launch.program.code();
    for (Block block : cluster.blocks) {
      for (Warp w : block.warps) {
        int lanes = w.dead;
        for (int g = 0; g < w.groups.count; g++) {
          boolean there = w.groups.state[g] == Groups.AT_CLUSTER;
          lanes |=
              there && ((ClusterWait) code[w.groups.pc[g]]).isPrompt(code) ? w.groups.mask[g] : 0;
        }
        if (lanes != Warp.FULL) {
          return false;
        }
      }
    }
    return true;
  }

  private boolean letGo(boolean ordered) {
    boolean gone = false;
    for (Block block : cluster.blocks) {
      for (Warp w : block.warps) {
        Groups groups = w.groups;
        for (int g = 0; g < groups.count; g++) {
          int lanes = groups.mask[g];
          if (groups.state[g] == Groups.AT_CLUSTER && (lanes & arrived[w.number]) == 0) {
            free[w.number] &= ~lanes;
            if (!ordered) {
              cluster.order.acquire(w, before);
            }
            groups.state[g] = Groups.RUNNABLE;
            w.pass(lanes, groups.pc[g]++);
            waiting--;
            gone = true;
          }
        }
      }
    }
    return gone;
  }
}
