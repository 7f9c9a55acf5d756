package dev.hindsight.predict;

import static dev.hindsight.predict.DrawPrediction.aPixel;

import dev.hindsight.backend.Precision;
import dev.hindsight.predict.DrawPrediction.Phase;
import dev.hindsight.predict.LaunchTime.Resource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/// A predicted drawing for people, as a table, and for programs, as JSON.
public record DrawTable(DrawPrediction drawing) {
  private static final List<Resource> RESOURCES =
      Arrays.stream(Resource.values()).filter(r -> r != Resource.LAUNCH).toList();

  private static final String HEAD = "%-52s %5s %8s %8s %4s %-8s" + " %8s".repeat(RESOURCES.size());

  /// One line that says what is predicted, and what comes out.
  public String title() {
    double all = drawing.microseconds();
    return String.format(
        Locale.ROOT,
        "%s: drawing %d image%s of %s (%s) in one launch, fp32, on %s: %.2f ms, %.0f images/s;"
            + " %.1f us a pixel of all: %.1f at %d barriers, %.1f of work;"
            + " %.3f ms before the first; limits: %s",
        StepTable.LABEL,
        drawing.images(),
        drawing.images() == 1 ? "" : "s",
        drawing.model(),
        drawing.preset(),
        drawing.gpu().name(),
        all / 1e3,
        drawing.images() / all * 1e6,
        aPixel(drawing.waiting() + drawing.work()),
        aPixel(drawing.waiting()),
        drawing.barriers(),
        aPixel(drawing.work()),
        drawing.aheadMicroseconds() / 1e3,
        limits());
  }

  /// How much of the drawing the barriers take and each resource limits, the most first.
  private String limits() {
    Map<String, Double> shares = new LinkedHashMap<>();
    shares.put("barriers", drawing.waiting());
    for (Phase phase : drawing.phases()) {
      shares.merge(limit(phase), phase.work(), Double::sum);
    }
    return shares.entrySet().stream()
        .sorted(Map.Entry.<String, Double>comparingByValue().reversed())
        .map(e -> Map.entry(e.getKey(), 100 * e.getValue() / drawing.microseconds()))
        .filter(share -> share.getValue() >= 1)
        .map(share -> String.format(Locale.ROOT, "%s %.0f %%", share.getKey(), share.getValue()))
        .collect(Collectors.joining(", "));
  }

  /// What its work takes most time of.
  private static String limit(Phase phase) {
    return RESOURCES.stream()
        .max((a, b) -> Double.compare(need(phase, a), need(phase, b)))
        .orElseThrow()
        .label();
  }

  /// Microseconds of a drawing that a resource would need alone.
  private static double need(Phase phase, Resource resource) {
    return phase.times() * phase.launch().needs().getOrDefault(resource, 0.0);
  }

  /// The whole table, with its title: a line for each phase, in their order.
  public String text() {
    List<String> lines = new ArrayList<>(List.of(title()));
    List<Object> names =
        new ArrayList<>(List.of("phase, and what each resource needs alone, us a pixel", "times"));
    names.addAll(List.of("work", "barrier", "%", "limit"));
    RESOURCES.stream().map(Resource::label).forEach(names::add);
    lines.add(HEAD.formatted(names.toArray()));
    drawing.phases().forEach(phase -> lines.add(line(phase)));
    return String.join(System.lineSeparator(), lines);
  }

  private String line(Phase phase) {
    List<Object> cells = new ArrayList<>(List.of(phase.label(), phase.times()));
    cells.add(number(phase.work()));
    cells.add(number(phase.waiting()));
    cells.add("%.0f".formatted(100 * phase.microseconds() / drawing.microseconds()));
    cells.add(limit(phase));
    RESOURCES.forEach(resource -> cells.add(number(need(phase, resource))));
    return HEAD.formatted(cells.toArray());
  }

  private static String number(double microseconds) {
    return String.format(Locale.ROOT, "%.2f", aPixel(microseconds));
  }

  /// One object.
  public Map<String, Object> json() {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("label", StepTable.LABEL);
    all.put("model", drawing.model());
    all.put("preset", drawing.preset());
    all.put("images", drawing.images());
    all.put("precision", Precision.FP32.label());
    all.put("gpu", drawing.gpu().name());
    all.put("predicted_us", drawing.microseconds());
    all.put("before_us", drawing.aheadMicroseconds());
    all.put("barriers", drawing.barriers());
    all.put("barriers_us", drawing.waiting());
    all.put("work_us", drawing.work());
    all.put("us_a_pixel", aPixel(drawing.waiting() + drawing.work()));
    all.put("phases", drawing.phases().stream().map(DrawTable::json).toList());
    return all;
  }

  private static Map<String, Object> json(Phase phase) {
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("phase", phase.label());
    row.put("times", phase.times());
    row.put("barriers", phase.barriers());
    row.put("work_us", phase.work());
    row.put("limit", limit(phase));
    Map<Resource, Double> needs = new EnumMap<>(Resource.class);
    RESOURCES.forEach(resource -> needs.put(resource, need(phase, resource)));
    needs.forEach((resource, need) -> row.put(resource.label() + "_us", need));
    return row;
  }
}
