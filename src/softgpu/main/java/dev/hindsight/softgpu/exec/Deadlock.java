package dev.hindsight.softgpu.exec;

import dev.hindsight.softgpu.check.Abort;
import dev.hindsight.softgpu.check.Findings.Message;
import dev.hindsight.softgpu.check.Kind;
import java.util.ArrayList;
import java.util.List;

/// Reports blocks that cannot go on.
final class Deadlock {
  private static final int MOST_LINES = 12;

  private Deadlock() {}

  /// No warp of the cluster can take a step. Always throws [Abort].
  static void report(Cluster cluster) {
    for (Block block : cluster.blocks) {
      atBarrier(block);
    }
    if (cluster.barrier.waitedFor()) {
      atClusterBarrier(cluster);
    }
    for (Block block : cluster.blocks) {
      for (Warp w : block.warps) {
        if (w.groups.count > 0) {
          report(
              w,
              w.groups.mask[0],
              block.launch.program.code()[w.groups.pc[0]],
              "Deadlock: the lanes of a warp wait for each other",
              waiting(block));
        }
      }
    }
    throw new Abort();
  }

  private static void atBarrier(Block block) {
    for (int b = 0; b < Barriers.COUNT; b++) {
      if (block.barriers.waitedFor(b)) {
        Warp w = warpAt(block, b);
        for (int g = 0; g < w.groups.count; g++) {
          if (w.groups.state[g] == Groups.AT_BARRIER && w.groups.key[g] == b) {
            BarrierOp op = (BarrierOp) block.launch.program.code()[w.groups.pc[g]];
            fewReached(block, b, w, op, "and nothing can go on");
            throw new Abort();
          }
        }
      }
    }
  }

  private static void atClusterBarrier(Cluster cluster) {
    List<String> lines = new ArrayList<>();
    for (Block block : cluster.blocks) {
      String of = cluster.isShared() ? "block " + block.place() + ": " : "";
      waiting(block).forEach(line -> lines.add(of + line));
    }
    for (Block block : cluster.blocks) {
      for (Warp w : block.warps) {
        for (int g = 0; g < w.groups.count; g++) {
          if (w.groups.state[g] == Groups.AT_CLUSTER) {
            String headline =
                String.format(
                    "Deadlock: only %d of %d threads of the cluster have arrived at its barrier",
                    cluster.barrier.threads(),
                    cluster.launch.block.count() * cluster.blocks.length);
            Op op = cluster.launch.program.code()[w.groups.pc[g]];
            report(
                w,
                w.groups.mask[g],
                op,
                headline,
                lines.subList(0, Math.min(lines.size(), MOST_LINES)));
          }
        }
      }
    }
  }

  /// Always throws [Abort].
  private static void report(Warp w, int lanes, Op op, String headline, List<String> details) {
    int lane = Integer.numberOfTrailingZeros(lanes);
    w.report(Kind.DEADLOCK, lane, op, () -> new Message(headline, details));
    throw new Abort();
  }

  /// All threads ask mbarriers in vain. Always throws [Abort].
  static void atMbarrier(Cluster cluster) {
    for (Block block : cluster.blocks) {
      for (Warp w : block.warps) {
        MbarrierWait op = w.waits;
        if (op != null && w.groups.count > 0) {
          int lane = Integer.numberOfTrailingZeros(w.groups.mask[0]);
          report(
              w,
              w.groups.mask[0],
              op,
              "Deadlock: threads wait at an mbarrier and nobody arrives",
              List.of(op.missing(w, lane)));
        }
      }
    }
    throw new Abort();
  }

  static Warp warpAt(Block block, int b) {
    for (Warp w : block.warps) {
      if (block.barriers.arrived(b, w.index) != 0) {
        return w;
      }
    }
    return block.warps[0];
  }

  static void fewReached(Block block, int b, Warp w, BarrierOp op, String rest) {
    int reached = 0;
    for (Warp each : block.warps) {
      reached += Integer.bitCount(block.barriers.arrived(b, each.index));
    }
    int threads = reached;
    w.report(
        Kind.DIVERGENT_BARRIER,
        Integer.numberOfTrailingZeros(block.barriers.arrived(b, w.index)),
        op,
        () ->
            new Message(
                String.format(
                    "Barrier error: only %d of %d threads reached %s, %s",
                    threads, block.launch.block.count(), op.source.name(), rest),
                waiting(block)));
  }

  /// Who waits where.
  private static List<String> waiting(Block block) {
    List<String> lines = new ArrayList<>();
    for (Warp w : block.warps) {
      for (int g = 0; g < w.groups.count && lines.size() < MOST_LINES; g++) {
        if (w.groups.state[g] != Groups.RUNNABLE) {
          Op op = block.launch.program.code()[w.groups.pc[g]];
          String members =
              w.groups.state[g] == Groups.AT_COLLECTIVE
                  ? String.format(", member mask 0x%08x", w.groups.key[g])
                  : "";
          lines.add(
              String.format(
                  "warp %d, lanes 0x%08x wait at %s, PTX line %d (%s)%s",
                  w.index,
                  w.groups.mask[g],
                  op.source.name(),
                  op.source.line(),
                  block.launch.program.sites().apply(op.pc).where(),
                  members));
        }
      }
    }
    return lines;
  }

  /// The launch has used up its steps. Always throws [Abort].
  static void neverEnds(Block block) {
    for (Warp w : block.warps) {
      if (w.groups.count > 0) {
        Op op = block.launch.program.code()[w.groups.pc[0]];
        long budget = block.launch.options.schedule().stepBudget();
        w.report(
            Kind.NEVER_ENDS,
            Integer.numberOfTrailingZeros(w.groups.mask[0]),
            op,
            () ->
                new Message(
                    String.format("Launch never ends: %,d warp instructions and no end", budget)));
        break;
      }
    }
    throw new Abort();
  }
}
