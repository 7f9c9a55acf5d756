package dev.hindsight.bench.gpuday;

import java.time.Duration;
import java.util.List;

/// A command of Hindsight in a process of its own: what it costs when it hangs or crashes.
///
/// @param name its first word is its kind: `ops linear bf16`
/// @param before what its command begins with: `env` with variables, or a tool that runs it
/// @param main class of the program; each line that it prints is a row
/// @param limit after which it is killed
record Part(String name, List<String> before, Class<?> main, List<String> words, Duration limit) {

  /// `ops` of `ops linear bf16`.
  String kind() {
    return name.split(" ", 2)[0];
  }

  /// Whether words of `--only` or `--skip` mean it: they are its name or the beginning of it.
  boolean isMeantBy(String given) {
    return (name + " ").startsWith(given + " ");
  }
}
