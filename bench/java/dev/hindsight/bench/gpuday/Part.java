package dev.hindsight.bench.gpuday;

import java.util.Map;

/// A piece of a day that is done, or left out, as a whole.
///
/// @param name also where its result stands in the report
/// @param seconds to expect on a GPU, generously, before any part like it is done ([Pace]): nobody
///   has measured it yet
record Part(String name, double seconds, Work work) {
  /// Where a result says whether what was checked is right.
  static final String HOLDS = "holds";

  /// Does it and gives its result, as JSON has it.
  interface Work {
    Map<String, Object> run();
  }
}
