package dev.hindsight.predict;

import dev.hindsight.backend.Precision;
import dev.hindsight.predict.LaunchTime.Resource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// How long something would take on a GPU that nobody needs to have.
///
/// @param what for people: `a training step of made (reference), batch 64`
/// @param images that it trains on or draws
/// @param ops in their order, the same op of the same shape once
public record Prediction(String what, int images, Precision precision, GpuRates gpu, List<Op> ops) {
  /// A column of 8 for the microseconds that each resource would need alone.
  private static final String ROW =
      "%-52s %5s %10s %4s %-8s %5s" + " %8s".repeat(Resource.values().length);

  /// An op of a step, or a phase of a drawing.
  ///
  /// @param times that it is done
  /// @param launches of all of them
  public record Op(String label, int times, List<LaunchTime> launches) {
    /// Microseconds of all launches.
    public double microseconds() {
      return launches.stream().mapToDouble(LaunchTime::microseconds).sum();
    }

    /// The most that is plausible.
    double mostMicroseconds() {
      return launches.stream().mapToDouble(LaunchTime::mostMicroseconds).sum();
    }

    /// What its longest launch spends most time on.
    Resource limit() {
      return launches.stream()
          .max(Comparator.comparingDouble(LaunchTime::microseconds))
          .orElseThrow()
          .limit();
    }

    double need(Resource resource) {
      return launches.stream().mapToDouble(l -> l.needs().getOrDefault(resource, 0.0)).sum();
    }

    long flops() {
      return launches.stream().mapToLong(LaunchTime::flops).sum();
    }
  }

  /// Microseconds of all, the least that is plausible.
  public double microseconds() {
    return ops.stream().mapToDouble(Op::microseconds).sum();
  }

  /// The most that is plausible.
  public double mostMicroseconds() {
    return ops.stream().mapToDouble(Op::mostMicroseconds).sum();
  }

  /// For programs.
  public Map<String, Object> row() {
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("what", what);
    row.put("precision", precision.label());
    row.put("gpu", gpu.name());
    row.put("least_s", microseconds() / 1e6);
    row.put("most_s", mostMicroseconds() / 1e6);
    return row;
  }

  /// A line that says what is predicted and what comes out, then a table of the ops, the longest
  /// first.
  public String table() {
    List<String> lines = new ArrayList<>(List.of(title()));
    List<Object> names =
        new ArrayList<>(List.of("op, and what each resource would need alone, us", "times"));
    names.addAll(List.of("us", "%", "limit", "peak%"));
    Arrays.stream(Resource.values()).map(Resource::label).forEach(names::add);
    lines.add(ROW.formatted(names.toArray()));
    ops.stream()
        .sorted(Comparator.comparingDouble(Op::microseconds).reversed())
        .forEach(op -> lines.add(row(op)));
    return String.join(System.lineSeparator(), lines);
  }

  private String title() {
    long flops = ops.stream().mapToLong(Op::flops).sum();
    return String.format(
        Locale.ROOT,
        "prediction, not a measurement: %s, %s, on %s: %.3f to %.3f ms, %.0f to %.0f images/s;"
            + " at best %.1f TFLOP/s = %.0f %% of the %s peak, %.2f GB of memory traffic; limits: %s",
        what,
        precision.label(),
        gpu.name(),
        microseconds() / 1e3,
        mostMicroseconds() / 1e3,
        images / mostMicroseconds() * 1e6,
        images / microseconds() * 1e6,
        flops / microseconds() / 1e6,
        ofPeak(flops, microseconds()),
        precision.label(),
        launches().mapToLong(LaunchTime::memoryBytes).sum() / 1e9,
        limits());
  }

  private Stream<LaunchTime> launches() {
    return ops.stream().flatMap(op -> op.launches().stream());
  }

  /// How much of it each resource limits, the most first.
  private String limits() {
    Map<Resource, Double> percent = new EnumMap<>(Resource.class);
    launches()
        .forEach(
            l -> percent.merge(l.limit(), 100 * l.microseconds() / microseconds(), Double::sum));
    return percent.entrySet().stream()
        .sorted(Map.Entry.<Resource, Double>comparingByValue().reversed())
        .filter(share -> share.getValue() >= 1)
        .map(s -> String.format(Locale.ROOT, "%s %.0f %%", s.getKey().label(), s.getValue()))
        .collect(Collectors.joining(", "));
  }

  private String row(Op op) {
    double time = op.microseconds();
    List<Object> cells = new ArrayList<>(List.of(op.label(), op.times(), number(time)));
    cells.add("%.0f".formatted(100 * time / microseconds()));
    cells.add(op.limit().label());
    cells.add("%.0f".formatted(ofPeak(op.flops(), time)));
    Arrays.stream(Resource.values()).map(r -> number(op.need(r))).forEach(cells::add);
    return ROW.formatted(cells.toArray());
  }

  /// Percent of what the GPU computes at best in this precision.
  private double ofPeak(long flops, double microseconds) {
    return 100 * flops / microseconds / 1e6 / gpu.teraflops(precision);
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, value < 100 ? "%.1f" : "%.0f", value);
  }
}
