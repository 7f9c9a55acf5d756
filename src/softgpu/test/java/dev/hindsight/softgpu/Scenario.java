package dev.hindsight.softgpu;

import dev.hindsight.softgpu.base.Check;
import dev.hindsight.softgpu.base.Options;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/// A shipped kernel and a launch of it, as `scenarios.txt` describes it; [ScenarioRun] follows the
/// lines.
record Scenario(String name, String file, String kernel, List<String> lines) {
  /// By name, in the order of the file.
  static final Map<String, Scenario> ALL = all();

  private static Map<String, Scenario> all() {
    Map<String, Scenario> all = new LinkedHashMap<>();
    List<String[]> heads = new ArrayList<>();
    String text = TestDevice.text("scenarios.txt").replaceAll("(?m)^#.*\n", "");
    for (String part : text.strip().split("\n+(?=\\w)", -1)) {
      String[] lines = part.strip().split("\n");
      heads.add(lines[0].split(" "));
      if (lines.length > 1) {
        heads.forEach(head -> all.put(head[0], of(head, lines)));
        heads.clear();
      }
    }
    return all;
  }

  private static Scenario of(String[] head, String[] lines) {
    Stream<String> body = Arrays.stream(lines).skip(1).map(String::strip);
    for (int k = 3; k < head.length; k++) {
      String argument = "$" + (k - 2);
      String value = head[k];
      body = body.map(line -> line.replace(argument, value));
    }
    return new Scenario(head[0], head[1], head[2], body.toList());
  }

  /// In the natural order blocks that work together keep step even without what orders them.
  Options options() {
    boolean draws = kernel.startsWith("pixel");
    long enough = draws || kernel.startsWith("lstm") ? 20_000_000 : 4_000_000;
    Options options =
        Options.standard().withStepBudget(enough).withChecks(Check.named("standard,alignment"));
    return name.endsWith("_CHUNKS")
        ? options.withChecks(EnumSet.allOf(Check.class)).withScheduleSeed(1)
        : options.withScheduleSeed(draws || kernel.startsWith("lstm_resident") ? 1 : 0);
  }

  String ptx() {
    return TestDevice.text("/dev/hindsight/ptx/" + file + ".ptx");
  }

  /// All that it leaves.
  float[] run(TestDevice device) {
    return new ScenarioRun(device, kernel).results(lines);
  }

  @Override
  public String toString() {
    return name;
  }
}
