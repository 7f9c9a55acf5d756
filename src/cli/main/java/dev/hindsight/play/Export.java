package dev.hindsight.play;

import dev.hindsight.backend.Backend;
import dev.hindsight.error.IoErrors;
import dev.hindsight.error.UserException;
import dev.hindsight.format.AtomicFile;
import dev.hindsight.format.Json;
import dev.hindsight.train.StoredRun;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
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
  /// The first file of an export. The next export may replace a folder that has it.
  private static final String MARK = "hindsight-export.json";

  private static final String MARKED = "{\"by\":\"hindsight play --export\"}\n";

  private final Path folder;
  private final List<PlayedModel> models;
  private final Consumer<String> say;

  private Export(Path folder, List<PlayedModel> models, Consumer<String> say) {
    this.folder = folder;
    this.models = models;
    this.say = say;
  }

  /// Writes all files, each completely or not at all.
  ///
  /// @param folder that can be written
  /// @param say takes a progress line per model
  public static void write(
      List<StoredRun> runs, Supplier<Backend> backends, Path folder, Consumer<String> say)
      throws InterruptedException {
    OneSize.require(runs);
    List<PlayedModel> models = new ArrayList<>();
    for (StoredRun run : runs) {
      models.add(new PlayedModel(String.valueOf(models.size()), run, backends));
    }
    try {
      new Export(folder, models, say).all(new Structures(models, backends));
    } catch (HttpError e) {
      throw new UserException(e.line());
    } finally {
      models.forEach(PlayedModel::close);
    }
  }

  /// Fails where files of others would be replaced: the folder must be new, empty, or an earlier
  /// export, which has [#MARK].
  ///
  /// @throws UserException when it is none of these
  public static void requireOwn(Path folder) {
    if (!Files.isDirectory(folder) || isExport(folder)) {
      return;
    }
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
      for (Path file : files) {
        throw new UserException(
            "--export %s: holds %s and is not an earlier export; give an empty or a new folder"
                .formatted(folder, file.getFileName()));
      }
    } catch (IOException e) {
      throw IoErrors.failed("cannot read " + folder, e);
    }
  }

  private static boolean isExport(Path folder) {
    try {
      Path mark = folder.resolve(MARK);
      return Files.isRegularFile(mark, LinkOption.NOFOLLOW_LINKS)
          && Files.readString(mark).equals(MARKED);
    } catch (IOException _) {
      return false;
    }
  }

  private void all(Structures structures) throws HttpError, InterruptedException {
    write(MARK, text(MARKED));
    Beginnings beginnings = models.getFirst().beginnings();
    for (PlayedModel model : models) {
      say.accept("recording %s".formatted(model.name()));
      RecordedAnswers recording = new RecordedAnswers(model, beginnings);
      String id = model.id();
      write("recorded/sight-" + id + ".bin", model.sight().bytes());
      write("recorded/drawings-" + id + ".json", text(recording.drawings()));
      write("recorded/surprise-" + id + ".json", text(recording.surprise()));
      write("recorded/sees-" + id + ".bin", recording.sees());
    }
    structures.pictures().forEach((name, svg) -> write("drawings/" + name, svg));
    write("recorded/structure.json", text(Json.line(structures.facts())));
    write("recorded/models.json", text(Json.line(new Routes(models, structures).models())));
    Map<String, byte[]> page = Page.files();
    page.forEach((name, bytes) -> write(name, bytes));
    // Last, so that a folder with this page is complete.
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
