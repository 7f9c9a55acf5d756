package dev.hindsight.bench.gpuday;

import dev.hindsight.error.IoErrors;
import dev.hindsight.error.UserException;
import dev.hindsight.format.AtomicFile;
import dev.hindsight.format.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/// The folder of a day: `report.json`, from which all else there follows. It is written whole after
/// each part, so a day that is killed can go on.
final class DayFolder {
  static final String JSON = "report.json";
  private static final String KIND = "hindsight gpu-day";

  private final Path folder;
  private final Map<String, Object> about;
  private final Map<String, Object> parts = new LinkedHashMap<>();
  private final Map<String, Object> predictions = new LinkedHashMap<>();
  private List<String> leftOut = List.of();

  /// Opens a new folder, an empty one, or that of a day like this one.
  ///
  /// @param about what two runs of one day have in common
  /// @throws UserException where the folder holds something else, which is left as it is
  DayFolder(Path folder, Map<String, Object> about) {
    this.folder = folder;
    this.about = about;
    Path json = folder.resolve(JSON);
    if (Files.exists(json)) {
      goOn(Json.read(json));
    } else {
      requireEmpty();
    }
    try {
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw new UserException(
          "--out: cannot make %s (%s); name another folder".formatted(folder, IoErrors.reason(e)));
    }
  }

  private void requireEmpty() {
    if (Files.exists(folder) && !Files.isDirectory(folder)) {
      throw new UserException("--out: %s is a file; name a folder".formatted(folder));
    }
    if (Files.exists(folder)) {
      try (Stream<Path> inside = Files.list(folder)) {
        if (inside.anyMatch(file -> !AtomicFile.isTemporary(file))) {
          throw new UserException(
              "--out: %s holds something, and no %s of a day; name another folder"
                  .formatted(folder, JSON));
        }
      } catch (IOException e) {
        throw new UserException(
            "--out: cannot read %s (%s); name another folder"
                .formatted(folder, IoErrors.reason(e)));
      }
    }
  }

  private void goOn(JsonNode before) {
    if (!before.path("kind").asString("").equals(KIND)) {
      throw new UserException(
          "--out: %s is another report; name another folder".formatted(folder.resolve(JSON)));
    }
    JsonNode now = Json.parse("about", Json.line(about));
    JsonNode then = before.path("about");
    if (!now.equals(then)) {
      throw new UserException(
          "--out: %s is the report of another day (%s), this one is (%s); name another folder"
              .formatted(folder, then, now));
    }
    before
        .path("parts")
        .properties()
        .forEach(
            part -> {
              if (!part.getValue().has("failed")) { // which is tried again
                parts.put(part.getKey(), part.getValue());
              }
            });
    before
        .path("predictions")
        .properties()
        .forEach(prediction -> predictions.put(prediction.getKey(), prediction.getValue()));
  }

  boolean has(String part) {
    return parts.containsKey(part);
  }

  /// How long a part took that is done.
  double seconds(String part) {
    return state().path("parts").path(part).path("seconds").asDouble();
  }

  int count() {
    return parts.size();
  }

  void add(String part, Map<String, Object> result) {
    parts.put(part, result);
  }

  void predicted(Map<String, Object> found) {
    predictions.putAll(found);
  }

  void leftOut(List<String> names) {
    leftOut = List.copyOf(names);
  }

  /// Everything so far.
  JsonNode state() {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("kind", KIND);
    all.put("about", about);
    all.put("left_out", leftOut);
    all.put("parts", parts);
    all.put("predictions", predictions);
    return Json.parse(JSON, Json.line(all));
  }

  /// Writes a file of the report.
  void write(String name, String text) {
    AtomicFile.write(folder.resolve(name), text.getBytes(StandardCharsets.UTF_8));
  }
}
