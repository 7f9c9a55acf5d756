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

/// The drawings of the page: a chapter per model, from a run on the page or else from the base
/// preset. Made on the first request.
final class Structures {
  /// A chapter and the source of its sizes.
  record ShownChapter(Chapter chapter, String source) {
    /// The text of the page, with the names of the pictures.
    Map<String, Object> facts() {
      Map<String, Object> facts = new LinkedHashMap<>();
      facts.put("name", chapter.name());
      facts.put("heading", chapter.heading());
      facts.put("idea", chapter.idea());
      facts.put("source", "%s, for images of %s".formatted(source, chapter.shape()));
      facts.put("drawings", chapter.drawings().stream().map(ShownChapter::facts).toList());
      return facts;
    }

    private static Map<String, Object> facts(Drawing drawing) {
      return Map.of(
          "file", drawing.name() + ".svg", "title", drawing.title(), "text", drawing.caption());
    }
  }

  private final List<PlayedModel> models;
  private final Supplier<Backend> backends;
  private List<ShownChapter> chapters = List.of();

  Structures(List<PlayedModel> models, Supplier<Backend> backends) {
    this.models = models;
    this.backends = backends;
  }

  synchronized List<ShownChapter> chapters() throws HttpError, InterruptedException {
    if (chapters.isEmpty()) {
      List<Chapter> base = ofBasePresets();
      Map<String, ShownChapter> ofRuns = new LinkedHashMap<>();
      for (PlayedModel model : models) {
        for (Chapter each : model.chapters()) {
          ofRuns.putIfAbsent(each.name(), new ShownChapter(each, model.run()));
        }
      }
      List<ShownChapter> shown = new ArrayList<>();
      for (Chapter each : base) {
        shown.add(ofRuns.getOrDefault(each.name(), new ShownChapter(each, "the base preset")));
      }
      chapters = shown;
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
    return Map.of("chapters", chapters().stream().map(ShownChapter::facts).toList());
  }

  /// The SVG of a file's name.
  ///
  /// @throws HttpError where there is no such picture
  byte[] picture(String name) throws HttpError, InterruptedException {
    for (ShownChapter shown : chapters()) {
      for (Drawing drawing : shown.chapter().drawings()) {
        if (name.equals(drawing.name() + ".svg")) {
          return drawing.svg().getBytes(StandardCharsets.UTF_8);
        }
      }
    }
    throw new HttpError(404, "no such drawing");
  }
}
