package dev.hindsight.softgpu.exec;

import dev.hindsight.softgpu.base.LaunchCounters;
import dev.hindsight.softgpu.base.LaunchCounters.Instructions;
import dev.hindsight.softgpu.base.LaunchCounters.Launched;
import dev.hindsight.softgpu.base.LaunchCounters.LineCounters;
import dev.hindsight.softgpu.base.LaunchCounters.Traffic;
import dev.hindsight.softgpu.check.Site;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// Adds up what was counted per op.
public final class Summary {
  /// What tells instructions of one name apart; `cluster` is that of a barrier.
  private static final List<String> SPACES =
      List.of("global", "shared", "shared::cluster", "local", "param", "const", "cluster");

  private final Map<String, Long> warps = new TreeMap<>();
  private final Map<String, Long> lanes = new TreeMap<>();
  private final Map<String, LineCounters> lines = new TreeMap<>();
  private Traffic global = new Traffic(0, 0, 0, 0, 0);
  private Traffic shared = global;
  private long flops;

  private Summary() {}

  public static LaunchCounters of(Launch launch, Counters counters) {
    Summary summary = new Summary();
    for (Op op : launch.program.code()) {
      if (counters.warps[op.pc] > 0) {
        summary.add(op, counters, launch.program.sites().apply(op.pc));
      }
    }
    return new LaunchCounters(
        new Launched(launch.program.name(), launch.grid, launch.block, launch.dynamicSharedBytes),
        new Instructions(summary.warps, summary.lanes),
        summary.flops,
        summary.global,
        summary.shared,
        summary.lines);
  }

  private void add(Op op, Counters counters, Site site) {
    int pc = op.pc;
    warps.merge(kind(op), counters.warps[pc], Long::sum);
    lanes.merge(kind(op), counters.lanes[pc], Long::sum);
    flops += op.flops * counters.lanes[pc];
    boolean inShared =
        op.source.has("shared")
            || op.source.has("shared::cluster")
            || op.source.base().equals("ldmatrix");
    if (inShared && !op.source.base().equals("cp")) {
      shared = plus(shared, op, counters);
    } else {
      global = plus(global, op, counters);
    }
    LineCounters mine =
        new LineCounters(
            counters.warps[pc], counters.lanes[pc], inShared ? 0 : counters.actual[pc]);
    lines.merge(site.place(), mine, Summary::plus);
  }

  private static Traffic plus(Traffic so, Op op, Counters counters) {
    boolean store = op.source.base().equals("st");
    long bytes = counters.bytes[op.pc];
    return new Traffic(
        so.requests() + counters.requests[op.pc],
        so.actual() + counters.actual[op.pc],
        so.ideal() + counters.ideal[op.pc],
        so.loaded() + (store ? 0 : bytes),
        so.stored() + (store ? bytes : 0));
  }

  private static LineCounters plus(LineCounters a, LineCounters b) {
    return new LineCounters(
        a.warpInstructions() + b.warpInstructions(),
        a.threadInstructions() + b.threadInstructions(),
        a.sectors() + b.sectors());
  }

  private static String kind(Op op) {
    String base = op.source.base();
    for (String space : SPACES) {
      if (op.source.has(space)) {
        return base + "." + space;
      }
    }
    return op.source.has("f32") ? base + ".f32" : base;
  }
}
