package dev.hindsight.predict;

import dev.hindsight.predict.LaunchTime.Resource;
import dev.hindsight.predict.StepPrediction.Op;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/// A predicted step for people, as a table, and for programs, as JSON.
public record StepTable(StepPrediction step) {
  /// What stands at the head of everything that is printed.
  static final String LABEL = "prediction, not a measurement";

  /// Columns of 8: the microseconds that each resource would need alone.
  private static final String HEAD =
      "%-52s %5s %10s %4s %-8s %5s"
          + Arrays.stream(Resource.values()).map(_ -> " %8s").collect(Collectors.joining());

  /// One line that says what is predicted, and what comes out.
  public String title() {
    return String.format(
        Locale.ROOT,
        "%s: a training step of %s (%s), batch %d, %s, on %s: %.3f ms, %.0f images/s; %d launches,"
            + " %.1f TFLOP/s = %.0f %% of its %s peak, %.2f GB of memory traffic in %.2f GB of memory;"
            + " limits: %s",
        LABEL,
        step.model(),
        step.preset(),
        step.batch(),
        step.precision().label(),
        step.gpu().name(),
        step.microseconds() / 1e3,
        step.batch() / step.microseconds() * 1e6,
        step.nodes(),
        teraflops(),
        100 * teraflops() / step.gpu().teraflops(step.precision()),
        step.precision().label(),
        step.memoryBytes() / 1e9,
        step.reservedBytes() / 1e9,
        limits());
  }

  private double teraflops() {
    return step.flops() / step.microseconds() / 1e6;
  }

  /// How much of the step each resource limits, the most first.
  private String limits() {
    return shares().entrySet().stream()
        .sorted(Map.Entry.<Resource, Double>comparingByValue().reversed())
        .filter(share -> share.getValue() >= 0.01)
        .map(
            share ->
                String.format(
                    Locale.ROOT, "%s %.0f %%", share.getKey().label(), 100 * share.getValue()))
        .collect(Collectors.joining(", "));
  }

  /// Share of the step that each resource limits.
  Map<Resource, Double> shares() {
    Map<Resource, Double> shares = new EnumMap<>(Resource.class);
    for (Op op : step.ops()) {
      for (LaunchTime launch : op.launches()) {
        shares.merge(launch.limit(), launch.microseconds() / step.microseconds(), Double::sum);
      }
    }
    return shares;
  }

  /// The ops, the longest first.
  List<Op> ops() {
    return step.ops().stream()
        .sorted(Comparator.comparingDouble(Op::microseconds).reversed())
        .toList();
  }

  /// The whole table, with its title.
  public String text() {
    List<String> lines = new ArrayList<>(List.of(title()));
    List<Object> names =
        new ArrayList<>(List.of("op, and what each resource would need alone, us", "calls"));
    names.addAll(List.of("us", "%", "limit", "peak%"));
    Arrays.stream(Resource.values()).map(Resource::label).forEach(names::add);
    lines.add(HEAD.formatted(names.toArray()));
    ops().forEach(op -> lines.add(line(op)));
    return String.join(System.lineSeparator(), lines);
  }

  private String line(Op op) {
    List<Object> cells = new ArrayList<>(List.of(op.label(), op.calls()));
    cells.add(number(op.microseconds()));
    cells.add("%.0f".formatted(100 * op.microseconds() / step.microseconds()));
    cells.add(op.longest().limit().label());
    cells.add("%.0f".formatted(100 * ofPeak(op)));
    needs(op).values().forEach(need -> cells.add(number(need)));
    return HEAD.formatted(cells.toArray());
  }

  /// The rate of an op, as a part of what the device computes at best in the step's precision.
  private double ofPeak(Op op) {
    double flops = op.launches().stream().mapToLong(LaunchTime::flops).sum();
    return flops / op.microseconds() / 1e6 / step.gpu().teraflops(step.precision());
  }

  private static Map<Resource, Double> needs(Op op) {
    Map<Resource, Double> needs = new EnumMap<>(Resource.class);
    for (Resource resource : Resource.values()) {
      needs.put(
          resource,
          op.launches().stream().mapToDouble(l -> l.needs().getOrDefault(resource, 0.0)).sum());
    }
    return needs;
  }

  static String number(double value) {
    return String.format(Locale.ROOT, value < 100 ? "%.1f" : "%.0f", value);
  }

  /// One object.
  public Map<String, Object> json() {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("label", LABEL);
    all.put("model", step.model());
    all.put("preset", step.preset());
    all.put("batch", step.batch());
    all.put("precision", step.precision().label());
    all.put("gpu", step.gpu().name());
    all.put("predicted_us", step.microseconds());
    all.put("launches", step.nodes());
    all.put("flops", step.flops());
    all.put("memory_bytes", step.memoryBytes());
    all.put("reserved_bytes", step.reservedBytes());
    all.put("ops", ops().stream().map(this::json).toList());
    return all;
  }

  private Map<String, Object> json(Op op) {
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("op", op.label());
    row.put("calls", op.calls());
    row.put("predicted_us", op.microseconds());
    row.put("limit", op.longest().limit().label());
    row.put("of_peak", ofPeak(op));
    needs(op).forEach((resource, need) -> row.put(resource.label() + "_us", need));
    row.put("kernels", op.launches().stream().map(LaunchTime::kernel).distinct().sorted().toList());
    return row;
  }
}
