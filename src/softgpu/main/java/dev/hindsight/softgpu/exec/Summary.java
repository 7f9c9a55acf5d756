package dev.hindsight.softgpu.exec;

import dev.hindsight.softgpu.base.DeviceMemory;
import dev.hindsight.softgpu.base.LaunchCounters;
import dev.hindsight.softgpu.base.LaunchCounters.LineCounters;
import dev.hindsight.softgpu.check.Site;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// Adds up what was counted per op.
public final class Summary {
  private final Map<String, Long> warps = new TreeMap<>();
  private final Map<String, Long> lanes = new TreeMap<>();
  private final Map<String, LineCounters> lines = new TreeMap<>();
  private long globalRequests;
  private long sectors;
  private long idealSectors;
  private long loaded;
  private long stored;
  private long sharedRequests;
  private long wavefronts;
  private long idealWavefronts;
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
        launch.program.name(),
        launch.grid,
        launch.block,
        launch.dynamicSharedBytes,
        summary.warps,
        summary.lanes,
        summary.globalRequests,
        summary.sectors,
        summary.idealSectors,
        summary.loaded,
        summary.stored,
        summary.sharedRequests,
        summary.wavefronts,
        summary.idealWavefronts,
        summary.flops,
        summary.lines,
        addresses(launch.parameters));
  }

  private static List<Long> addresses(byte[] parameters) {
    List<Long> found = new ArrayList<>();
    for (int at = 0; at + Long.BYTES <= parameters.length; at += Long.BYTES) {
      long value = (long) Bytes.I64.get(parameters, at);
      if (value >= DeviceMemory.BASE && value < DeviceMemory.END) {
        found.add(value);
      }
    }
    return found;
  }

  private void add(Op op, Counters counters, Site site) {
    int pc = op.pc;
    warps.merge(kind(op), counters.warps[pc], Long::sum);
    lanes.merge(kind(op), counters.lanes[pc], Long::sum);
    flops += op.flops * counters.lanes[pc];
    boolean shared = op.source.has("shared") || op.source.base().equals("ldmatrix");
    boolean store = op.source.base().equals("st");
    if (shared && !op.source.base().equals("cp")) {
      sharedRequests += counters.requests[pc];
      wavefronts += counters.actual[pc];
      idealWavefronts += counters.ideal[pc];
    } else {
      globalRequests += counters.requests[pc];
      sectors += counters.actual[pc];
      idealSectors += counters.ideal[pc];
      loaded += store ? 0 : counters.bytes[pc];
      stored += store ? counters.bytes[pc] : 0;
    }
    String line =
        site.file() == null ? "PTX line " + site.ptxLine() : site.file() + ":" + site.line();
    LineCounters mine =
        new LineCounters(counters.warps[pc], counters.lanes[pc], shared ? 0 : counters.actual[pc]);
    lines.merge(line, mine, Summary::plus);
  }

  private static LineCounters plus(LineCounters a, LineCounters b) {
    return new LineCounters(
        a.warpInstructions() + b.warpInstructions(),
        a.threadInstructions() + b.threadInstructions(),
        a.sectors() + b.sectors());
  }

  private static String kind(Op op) {
    String base = op.source.base();
    for (String space : new String[] {"global", "shared", "local", "param", "const"}) {
      if (op.source.has(space)) {
        return base + "." + space;
      }
    }
    return op.source.has("f32") ? base + ".f32" : base;
  }
}
