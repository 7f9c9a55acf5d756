package dev.hindsight.play;

import dev.hindsight.backend.Backend;
import dev.hindsight.draw.Chapter;
import dev.hindsight.draw.Drawing;
import dev.hindsight.draw.StructureBook;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.function.Supplier;

/// The third room: a chapter for each structure of a model, from the run that is shown, else from
/// the base preset. Made when somebody first looks.
final class Structures {
  /// A chapter and where its sizes are from.
  record Told(Chapter chapter, String source) {
    /// What the page needs to know, with the names of pictures.
    Map<String, Object> facts() {
      Map<String, Object> facts = new LinkedHashMap<>();
      facts.put("model", chapter.model());
      facts.put("heading", chapter.heading());
      facts.put("idea", chapter.idea());
      facts.put("source", source);
      facts.put("drawings", chapter.drawings().stream().map(Told::facts).toList());
      return facts;
    }

    private static Map<String, Object> facts(Drawing drawing) {
      return Map.of(
          "file", drawing.name() + ".svg", "title", drawing.title(), "text", drawing.caption());
    }
  }

  private final List<PlayedModel> models;
  private final Supplier<Backend> backends;
  private List<Told> chapters = List.of();

  Structures(List<PlayedModel> models, Supplier<Backend> backends) {
    this.models = models;
    this.backends = backends;
  }

  synchronized List<Told> chapters() throws HttpError, InterruptedException {
    if (chapters.isEmpty()) {
      List<Chapter> base = ofBasePresets();
      Map<String, Told> ofRuns = new LinkedHashMap<>();
      for (PlayedModel model : models) {
        Told told = new Told(model.chapter(), model.run());
        ofRuns.putIfAbsent(told.chapter().model(), told);
      }
      List<Told> told = new ArrayList<>();
      for (Chapter each : base) {
        told.add(ofRuns.getOrDefault(each.model(), new Told(each, "base preset")));
      }
      chapters = told;
    }
    return chapters;
  }

  /// On a thread of its own, as each model has one: a request's is virtual, and a GPU's context
  /// belongs to a thread of the system.
  private List<Chapter> ofBasePresets() throws HttpError, InterruptedException {
    var task =
        new FutureTask<>(
            () -> {
              try (Backend backend = backends.get()) {
                return StructureBook.ofBasePresets(backend);
              }
            });
    Thread.ofPlatform().daemon().name("structures").start(task);
    try {
      return task.get();
    } catch (ExecutionException e) {
      throw Failures.error(e.getCause());
    }
  }

  /// JSON of all.
  Map<String, Object> facts() throws HttpError, InterruptedException {
    return Map.of("chapters", chapters().stream().map(Told::facts).toList());
  }

  /// Each as SVG by the name of its file.
  Map<String, byte[]> pictures() throws HttpError, InterruptedException {
    Map<String, byte[]> pictures = new LinkedHashMap<>();
    for (Told told : chapters()) {
      for (Drawing drawing : told.chapter().drawings()) {
        pictures.put(drawing.name() + ".svg", drawing.svg().getBytes(StandardCharsets.UTF_8));
      }
    }
    return pictures;
  }

  /// @throws HttpError where there is no such picture
  byte[] picture(String name) throws HttpError, InterruptedException {
    byte[] picture = pictures().get(name);
    if (picture == null) {
      throw new HttpError(404, "there is no such drawing");
    }
    return picture;
  }
}
