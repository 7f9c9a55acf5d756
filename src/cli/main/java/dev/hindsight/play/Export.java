package dev.hindsight.play;

import dev.hindsight.backend.Backend;
import dev.hindsight.error.UserException;
import dev.hindsight.format.AtomicFile;
import dev.hindsight.format.Json;
import dev.hindsight.train.StoredRun;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.Supplier;

/// The page with what its models answered, as files that any web server can show: no Java behind
/// it, so what can be asked is what was recorded.
public final class Export {
  private final Path folder;
  private final List<PlayedModel> models;
  private final Consumer<String> say;

  private Export(Path folder, List<PlayedModel> models, Consumer<String> say) {
    this.folder = folder;
    this.models = models;
    this.say = say;
  }

  /// Writes everything, each file whole or not at all.
  ///
  /// @param folder that can be written
  /// @param say what is being recorded, a line for each model
  public static void write(
      List<StoredRun> runs, Supplier<Backend> backends, Path folder, Consumer<String> say)
      throws InterruptedException {
    List<PlayedModel> models = new ArrayList<>();
    for (StoredRun run : runs) {
      models.add(new PlayedModel(String.valueOf(models.size()), run, backends));
    }
    try {
      new Export(folder, models, say).all(new Structures(models, backends));
    } catch (Refusal e) {
      throw new UserException(e.line());
    } finally {
      models.forEach(PlayedModel::close);
    }
  }

  private void all(Structures structures) throws Refusal, InterruptedException {
    List<String> digits = Beginnings.digits();
    for (PlayedModel model : models) {
      say.accept("recording %s".formatted(model.name()));
      Recording recording = new Recording(model, digits);
      String id = model.id();
      write("recorded/sight-" + id + ".bin", model.sight().bytes());
      write("recorded/drawings-" + id + ".json", text(recording.drawings()));
      write("recorded/surprise-" + id + ".json", text(recording.surprise()));
      write("recorded/sees-" + id + ".bin", recording.sees());
    }
    structures.pictures().forEach((name, svg) -> write("drawings/" + name, svg));
    write("recorded/structure.json", text(Json.line(structures.facts())));
    write("recorded/models.json", text(Json.line(new Rooms(models, structures).models())));
    Map<String, byte[]> page = Page.files();
    page.forEach((name, bytes) -> write(name, bytes));
    // Last, so that a folder that says that it is recorded is whole.
    String index = new String(Objects.requireNonNull(page.get(Page.INDEX)), StandardCharsets.UTF_8);
    write(Page.INDEX, text(index.replace("data-source=\"live\"", "data-source=\"recorded\"")));
  }

  private static byte[] text(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private void write(String name, byte[] bytes) {
    AtomicFile.write(folder.resolve(name), bytes);
  }

  /// The folders that its files go to.
  public static List<Path> folders(Path folder) {
    return List.of(folder, folder.resolve("drawings"), folder.resolve("recorded"));
  }
}
