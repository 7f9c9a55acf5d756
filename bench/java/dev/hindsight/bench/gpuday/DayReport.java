package dev.hindsight.bench.gpuday;

import dev.hindsight.bench.gpuday.BarPicture.Bar;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;
import tools.jackson.databind.JsonNode;

/// The report of a day, from its JSON: Markdown and two pictures.
final class DayReport {
  static final String MARKDOWN = "report.md";
  static final String OPS = "ops.svg";
  static final String STEPS = "steps.svg";

  // Okabe & Ito 2008.
  private static final String OURS = "#0072b2";
  private static final String VENDOR = "#e69f00";
  private static final String PREDICTED = "#999999";

  private final JsonNode state;
  private final boolean software;
  private final StringBuilder text = new StringBuilder();
  private final BarPicture ops;
  private final BarPicture steps;

  DayReport(JsonNode state) {
    this.state = state;
    software = state.path("about").path("software").asBoolean();
    String means = software ? " on the software GPU: they mean nothing" : "";
    ops = new BarPicture("Microseconds of each op" + means);
    steps = new BarPicture("Milliseconds of a training step" + means);
    write();
  }

  String markdown() {
    return text.toString();
  }

  String opsPicture() {
    return ops.svg();
  }

  String stepsPicture() {
    return steps.svg();
  }

  private JsonNode part(String name) {
    return state.path("parts").path(name);
  }

  private List<String> names(String first) {
    return state.path("parts").propertyNames().stream()
        .filter(name -> name.startsWith(first))
        .toList();
  }

  @FunctionalInterface
  private interface Done {
    /// @param rest of the part's name
    void take(String rest, JsonNode result);
  }

  /// The parts of a kind that have a result.
  private void each(String kind, Done done) {
    for (String name : names(kind)) {
      JsonNode result = part(name).path("result");
      if (result.isObject()) {
        done.take(name.substring(kind.length()), result);
      }
    }
  }

  private void write() {
    JsonNode about = state.path("about");
    line("# A day with " + about.path("device").asString());
    line("");
    if (software) {
      line("A rehearsal at reduced sizes on the software GPU: **its times mean nothing**.");
      line("");
    }
    line(
        "Predicted for: "
            + about.path("predicted_for").asString("no GPU, its rates are not known"));
    line("");
    leftOut();
    devices();
    verification();
    ops();
    steps();
    sampling();
    epochs();
    failures();
  }

  private void leftOut() {
    List<String> names = new ArrayList<>();
    state.path("left_out").forEach(name -> names.add(name.asString()));
    line(
        names.isEmpty()
            ? "Nothing was left out."
            : "Left out, for time was short (the same command goes on): "
                + String.join("; ", names)
                + ".");
    line("");
  }

  private void devices() {
    JsonNode devices = part("devices").path("result");
    if (devices.isMissingNode()) {
      return;
    }
    line("## Devices");
    line("");
    devices.path("gpus").forEach(gpu -> line("- " + gpu.asString()));
    line("- driver: " + devices.path("driver").asString());
    devices.path("libraries").forEach(library -> line("- " + library.asString()));
    line("- CPU: " + devices.path("cpu").asString());
    line("- Java: " + devices.path("java").asString());
    line("");
  }

  private void verification() {
    table("Verification", "| precision | |", "|---|---|");
    each("verify ", (precision, result) -> row(precision, result.path("summary").asString()));
    line("");
    each(
        "verify ",
        (_, result) -> {
          for (JsonNode failure : result.path("failures")) {
            String words = failure.path("check").asString().replaceAll("\\s+", " ");
            line("- **failed**: `%s`".formatted(words));
          }
        });
    line("");
  }

  private void ops() {
    table(
        "Ops",
        "| op | phase | precision | us | quartiles | TFLOP/s | % best | GB/s | % copy | predicted us | measured by predicted | library | its us | its by ours | difference |",
        "|---|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---|---:|---:|---:|");
    each(
        "ops ",
        (_, result) -> {
          Map<String, JsonNode> vendors = new HashMap<>();
          result.path("vendor").forEach(row -> vendors.put(key(row), row));
          result
              .path("rows")
              .forEach(row -> op(row, vendors.getOrDefault(key(row), state.path("no row"))));
        });
    line("");
    line("![](%s)".formatted(OPS));
    line("");
  }

  /// Microseconds; not a number where nothing was predicted.
  private double predicted(String key, String which) {
    return state.path("predictions").path(key).path(which).asDouble(Double.NaN);
  }

  private static String key(JsonNode row) {
    return PredictDay.opKey(
        row.path("op").asString() + " " + row.path("shape").asString(),
        row.path("phase").asString(),
        row.path("precision").asString());
  }

  private void op(JsonNode row, JsonNode vendor) {
    double us = row.path("us").asDouble();
    int calls = row.path("calls").asInt();
    double predicted =
        (predicted(key(row), "first_us") + (calls - 1) * predicted(key(row), "next_us")) / calls;
    boolean timed = vendor.has("us");
    row(
        row.path("op").asString() + " " + row.path("shape").asString(),
        row.path("phase").asString(),
        row.path("precision").asString(),
        number(us),
        number(row.path("us_quarter").asDouble())
            + " - "
            + number(row.path("us_three_quarters").asDouble()),
        number(row.path("tflops").asDouble()),
        number(row.path("percent_of_arithmetic").asDouble()),
        number(row.path("gb_per_s").asDouble()),
        number(row.path("percent_of_copy").asDouble()),
        number(predicted),
        number(us / predicted),
        vendor.path("vendor").asString(""),
        timed ? number(vendor.path("us").asDouble()) : vendor.path("failure").asString(""),
        timed ? number(vendor.path("vendor_by_ours").asDouble()) : "",
        timed ? number(vendor.path("largest_difference").asDouble()) : "");
    List<Bar> bars = new ArrayList<>(List.of(new Bar("ours", OURS, us)));
    if (timed) {
      bars.add(new Bar(vendor.path("vendor").asString(), VENDOR, vendor.path("us").asDouble()));
    }
    if (Double.isFinite(predicted)) {
      bars.add(new Bar("predicted", PREDICTED, predicted));
    }
    ops.add(key(row), bars);
  }

  private void steps() {
    table(
        "A training step",
        "| model | preset | precision | batch | ms | images/s | TFLOP/s | predicted ms | measured by predicted |",
        "|---|---|---|---:|---:|---:|---:|---:|---:|");
    each(
        "step ",
        (name, result) -> {
          String[] words = name.split(" ", -1);
          double predicted = predicted("step " + name, "next_us") / 1e3;
          double ms = result.path("ms").asDouble();
          row(
              words[0],
              words[1],
              words[2],
              result.path("batch").asString(),
              number(ms),
              number(result.path("images_per_s").asDouble()),
              number(result.path("tflops").asDouble()),
              number(predicted),
              number(ms / predicted));
          List<Bar> bars = new ArrayList<>(List.of(new Bar("measured", OURS, ms)));
          if (Double.isFinite(predicted)) {
            bars.add(new Bar("predicted", PREDICTED, predicted));
          }
          steps.add("step " + name, bars);
        });
    line("");
    line("![](%s)".formatted(STEPS));
    line("");
  }

  private void sampling() {
    table(
        "Drawing, fp32",
        "| model | preset | images | seconds | predicted seconds | measured by predicted |",
        "|---|---|---:|---:|---:|---:|");
    each(
        "sample ",
        (name, result) -> {
          String[] words = name.split(" ", -1);
          double predicted = predicted("sample " + name, "next_us") / 1e6;
          double seconds = result.path("seconds").asDouble();
          row(
              words[0],
              words[1],
              result.path("images").asString(),
              number(seconds),
              number(predicted),
              number(seconds / predicted));
        });
    line("");
  }

  private void epochs() {
    table(
        "One epoch, base preset, fp32",
        "| model | images | nats per image | on the CPU | difference | seconds | on the CPU |",
        "|---|---:|---:|---:|---:|---:|---:|");
    each(
        "epoch ",
        (model, result) -> {
          JsonNode cpu = part("cpu epoch " + model).path("result");
          double nats = result.path("nats").asDouble();
          boolean known = cpu.isObject();
          row(
              model,
              result.path("images").asString(),
              nats(nats),
              known ? nats(cpu.path("nats").asDouble()) : "not run",
              known ? number(nats - cpu.path("nats").asDouble()) : "",
              number(result.path("seconds").asDouble()),
              known ? number(cpu.path("seconds").asDouble()) : "");
        });
    line("");
  }

  private void failures() {
    List<String> failed = names("").stream().filter(name -> part(name).has("failed")).toList();
    if (!failed.isEmpty()) {
      line("## Failed");
      line("");
      failed.forEach(
          name -> line("- %s: %s".formatted(name, part(name).path("failed").asString())));
      line("");
    }
  }

  private void table(String heading, String header, String rule) {
    line("## " + heading + (software ? " (software GPU)" : ""));
    line("");
    line(header);
    line(rule);
  }

  private void row(String... cells) {
    StringJoiner row = new StringJoiner(" | ", "| ", " |");
    for (String cell : cells) {
      row.add(cell.replace("|", "\\|"));
    }
    line(row.toString());
  }

  private void line(String line) {
    text.append(line).append('\n');
  }

  private static String nats(double value) {
    return String.format(Locale.ROOT, "%.4f", value);
  }

  private static String number(double value) {
    return Double.isFinite(value) ? String.format(Locale.ROOT, "%.4g", value) : "-";
  }
}
