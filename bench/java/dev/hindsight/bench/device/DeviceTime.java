package dev.hindsight.bench.device;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/// Microseconds of one call, from repetitions of several calls.
///
/// @param calls in each repetition
/// @param graph whether they were one graph, else launches one by one
/// @param quarter a quarter of the repetitions took less
/// @param threeQuarters a quarter of the repetitions took more
public record DeviceTime(
    int calls, boolean graph, double median, double quarter, double threeQuarters) {

  /// From the microseconds of each repetition.
  static DeviceTime of(int calls, boolean graph, double[] microseconds) {
    double[] sorted = Arrays.stream(microseconds).map(t -> t / calls).sorted().toArray();
    return new DeviceTime(
        calls, graph, quantile(sorted, 0.5), quantile(sorted, 0.25), quantile(sorted, 0.75));
  }

  /// Between two values in the proportion of what is missing.
  private static double quantile(double[] sorted, double share) {
    double place = share * (sorted.length - 1);
    int below = (int) place;
    int above = Math.min(below + 1, sorted.length - 1);
    return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
  }

  /// For a file.
  public Map<String, Object> json() {
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("us", median);
    line.put("us_quarter", quarter);
    line.put("us_three_quarters", threeQuarters);
    line.put("calls", calls);
    line.put("graph", graph);
    return line;
  }
}
