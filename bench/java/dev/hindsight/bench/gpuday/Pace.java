package dev.hindsight.bench.gpuday;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// How long a part will take: what it was guessed, times what those most like it took of their own
/// guesses on this day. The more words their names have in common from the first on, the more alike
/// parts are: `step wavenet reference bf16` goes by `step wavenet reference fp32` where that is
/// done, else by `step wavenet` or any `step`.
final class Pace {
  private final Map<List<String>, Double> slowest = new HashMap<>(); // by the first words of a name

  /// Learns from a part that is done.
  void took(Part part, double seconds) {
    List<String> words = words(part);
    for (int count = 1; count <= words.size(); count++) {
      slowest.merge(words.subList(0, count), seconds / part.seconds(), Math::max);
    }
  }

  /// Seconds to expect: the slowest of those most like it decides, its guess where none is done.
  double expect(Part part) {
    List<String> words = words(part);
    for (int count = words.size(); count > 0; count--) {
      Double ratio = slowest.get(words.subList(0, count));
      if (ratio != null) {
        return ratio * part.seconds();
      }
    }
    return part.seconds();
  }

  private static List<String> words(Part part) {
    return Arrays.asList(part.name().split(" ", -1));
  }
}
