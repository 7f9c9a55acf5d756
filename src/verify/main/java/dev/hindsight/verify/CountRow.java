package dev.hindsight.verify;

import dev.hindsight.backend.KernelCounts;
import dev.hindsight.backend.Precision;
import dev.hindsight.catalogue.OpCase;
import dev.hindsight.catalogue.OpCase.Phase;
import dev.hindsight.catalogue.OpCase.Work;
import dev.hindsight.catalogue.Tolerance;
import dev.hindsight.verify.KernelResources.Resources;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What the launches of one phase of a case did, against the least that the op needs.
///
/// @param precision of the backend that ran it
public record CountRow(
    OpCase opCase, Phase phase, List<KernelCounts> launches, Precision precision, Gpu gpu) {
  private static final String FORMAT = "  %-27s %11s %9s  %s %8s %9s %6s %9s %9s %5s %7s %7s %10s";

  /// Groups of instructions, as columns.
  private enum Group {
    FMA,
    FLOAT,
    INTEGER,
    GLOBAL,
    SHARED,
    CONTROL;

    static Group of(String kind) {
      String base = kind.replaceFirst("\\..*", "");
      if (kind.endsWith(".global")) {
        return GLOBAL;
      }
      if (kind.endsWith(".shared") || base.equals("ldmatrix")) {
        return SHARED;
      }
      return switch (base) {
        case "fma", "mma" -> FMA;
        case "bra", "ret", "exit", "call", "bar", "barrier", "setp", "vote", "membar" -> CONTROL;
        case "mov", "selp", "cvt", "ld", "shfl" -> INTEGER;
        case "ex2", "lg2", "rcp", "sqrt", "rsqrt", "sin", "cos", "tanh" -> FLOAT;
        default -> kind.endsWith(".f32") ? FLOAT : INTEGER;
      };
    }
  }

  /// What its products are multiplied in.
  private Precision multipliedIn() {
    return Tolerance.precision(opCase.op(), precision);
  }

  private Work least() {
    return phase.work();
  }

  private long flops() {
    return launches.stream().mapToLong(KernelCounts::flops).sum();
  }

  private long bytes() {
    return launches.stream().mapToLong(KernelCounts::bytesMoved).sum();
  }

  /// The names of the columns, and what they mean.
  public static String header() {
    return String.format(
        Locale.ROOT,
        FORMAT,
        "kernel",
        "grid",
        "warp ins",
        "fma flt int glb shr ctl %",
        "sectors/",
        "of ideal",
        "bank",
        "moved",
        "MFLOP",
        "lanes",
        "regs",
        "spills",
        "occupancy");
  }

  /// One line for the phase, one more for each launch.
  public String text(KernelResources resources) {
    List<String> lines = new ArrayList<>();
    lines.add(
        String.format(
            Locale.ROOT,
            "%s %s: least %.2f MFLOP, did %s; least %.3f MB, moved %s; %s: %s-bound, %.2f us at"
                + " best",
            opCase,
            phase.name(),
            least().flops() / 1e6,
            times(flops(), least().flops()),
            least().bytes() / 1e6,
            times(bytes(), least().bytes()),
            gpu.name(),
            gpu.boundBy(multipliedIn(), least().flops(), least().bytes()),
            gpu.leastMicroseconds(multipliedIn(), least().flops(), least().bytes())));
    for (KernelCounts launch : launches) {
      lines.add(line(launch, resources.of(launch.kernel())));
    }
    return String.join(System.lineSeparator(), lines);
  }

  private static String times(long did, long least) {
    return least == 0 ? "any" : String.format(Locale.ROOT, "%.2fx", (double) did / least);
  }

  private String line(KernelCounts k, Resources r) {
    return String.format(
        Locale.ROOT,
        FORMAT,
        k.kernel(),
        k.blocks() + "x" + k.threads(),
        k.warpInstructions(),
        shares(k),
        number(k.global().perRequest()),
        number(k.global().perIdeal()),
        number(k.shared().perIdeal()),
        number(k.bytesMoved() / 1e6),
        number(k.flops() / 1e6),
        number(k.activeLanes()),
        r.registers(),
        r.spills(),
        Math.round(100 * gpu.occupancy(r, k.threads(), k.dynamicShared())) + " %");
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, "%.2f", value);
  }

  private static String shares(KernelCounts k) {
    StringBuilder text = new StringBuilder();
    groups(k)
        .values()
        .forEach(n -> text.append("%3d ".formatted(Math.round(100.0 * n / k.warpInstructions()))));
    return text.append(' ').toString();
  }

  private static Map<Group, Long> groups(KernelCounts k) {
    Map<Group, Long> groups = new EnumMap<>(Group.class);
    for (Group group : Group.values()) {
      groups.put(group, 0L);
    }
    k.instructions().forEach((kind, n) -> groups.merge(Group.of(kind), n, Long::sum));
    return groups;
  }

  /// One JSON object a launch.
  public List<Map<String, @Nullable Object>> json(KernelResources resources) {
    return launches.stream().map(k -> json(k, resources.of(k.kernel()))).toList();
  }

  private Map<String, @Nullable Object> json(KernelCounts k, Resources r) {
    Map<String, @Nullable Object> row = opCase.columns(phase);
    row.put("kernel", k.kernel());
    row.put("blocks", k.blocks());
    row.put("threads", k.threads());
    row.put("warp_instructions", k.instructions());
    row.put("active_lane_ratio", k.activeLanes());
    row.put("sectors_per_request", k.global().perRequest());
    row.put("sectors_of_ideal", k.global().perIdeal());
    row.put("bank_conflict_degree", k.shared().perIdeal());
    row.put("bytes_moved", k.bytesMoved());
    row.put("flops", k.flops());
    row.put("phase_least_bytes", least().bytes());
    row.put("phase_least_flops", least().flops());
    row.put("registers", r.registers());
    row.put("shared_bytes", r.shared());
    row.put("dynamic_shared_bytes", k.dynamicShared());
    row.put("spill_bytes", r.spills());
    row.put("precision", multipliedIn().label());
    row.put("gpu", gpu.name());
    row.put("occupancy", gpu.occupancy(r, k.threads(), k.dynamicShared()));
    row.put("phase_bound_by", gpu.boundBy(multipliedIn(), least().flops(), least().bytes()));
    row.put(
        "phase_least_us", gpu.leastMicroseconds(multipliedIn(), least().flops(), least().bytes()));
    return row;
  }
}
