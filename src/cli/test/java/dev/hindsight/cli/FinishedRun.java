package dev.hindsight.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.format.AtomicFile;
import dev.hindsight.testing.EventFiles;
import dev.hindsight.train.Metric;
import dev.hindsight.train.Metrics;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// What a run leaves, but for how long it took.
///
/// @param files their bytes, in hexadecimal
/// @param metrics without times
/// @param events what TensorBoard shows, in hexadecimal
record FinishedRun(Map<String, String> files, List<Metric> metrics, Map<String, String> events) {
  private static final List<String> FILES =
      List.of("config.json", "model.safetensors", "optimizer.safetensors", "samples.png");

  /// Reads the folder of one; nothing else may be in it.
  static FinishedRun read(Path folder) throws IOException {
    Map<String, String> files = new TreeMap<>();
    for (String name : FILES) {
      files.put(name, hex(Files.readAllBytes(folder.resolve(name))));
    }
    try (var rows = Files.newDirectoryStream(folder, "samples-*.png")) { // of epochs, by compare
      for (Path row : rows) {
        files.put(String.valueOf(row.getFileName()), hex(Files.readAllBytes(row)));
      }
    }
    try (var all = Files.list(folder)) {
      assertThat(all.map(file -> file.getFileName().toString()).filter(f -> !files.containsKey(f)))
          .containsExactlyInAnyOrder("metrics.jsonl", "events", ".lock");
    }
    Map<String, String> events = new TreeMap<>();
    EventFiles.shown(folder.resolve("events"))
        .forEach((key, value) -> events.put(key, key.endsWith("images_per_s") ? "" : hex(value)));
    List<Metric> metrics =
        Metrics.read(folder.resolve("metrics.jsonl")).stream()
            .map(FinishedRun::withoutTimes)
            .toList();
    return new FinishedRun(files, metrics, events);
  }

  /// Fails at the first part that differs.
  static void assertSame(Path folder, FinishedRun wanted) throws IOException {
    FinishedRun found = read(folder);
    assertThat(found.files.keySet()).as("%s", folder).isEqualTo(wanted.files.keySet());
    for (String file : wanted.files.keySet()) {
      assertThat(found.files.get(file)).as("%s/%s", folder, file).isEqualTo(wanted.files.get(file));
    }
    assertThat(found.metrics).as("metrics of %s", folder).isEqualTo(wanted.metrics);
    assertThat(found.events.keySet()).as("events of %s", folder).isEqualTo(wanted.events.keySet());
    assertThat(found.events).as("events of %s", folder).isEqualTo(wanted.events);
  }

  /// No file that a stopped process was writing is left below a folder.
  static void assertNoTemporaries(Path folder) throws IOException {
    try (var all = Files.walk(folder)) {
      assertThat(all.filter(AtomicFile::isTemporary)).isEmpty();
    }
  }

  private static Metric withoutTimes(Metric m) {
    return new Metric(
        m.kind(), m.epoch(), m.step(), m.nllNats(), m.learningRate(), 0, 0, Double.NaN);
  }

  private static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }
}
