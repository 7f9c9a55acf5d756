package dev.hindsight.train;

import dev.hindsight.error.DidYouMean;
import dev.hindsight.error.IoErrors;
import dev.hindsight.error.UserException;
import dev.hindsight.format.SafetensorsReader;
import dev.hindsight.format.SafetensorsWriter;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.FileSystemAlreadyExistsException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Weights that ship, in the jar `hindsight-weights` where it is on the class path: by name a
/// folder that is read as a run's, without what going on would need.
public final class Pretrained {
  /// It lies beside the folders.
  private static final String LICENCE = "/dev/hindsight/weights/LICENSE";

  private static final String COMMAND = "command";
  private static final String MACHINE = "machine";

  private Pretrained() {}

  /// What neither settings nor metrics say of a run that others are given.
  ///
  /// @param command that trained it
  /// @param machine where, and when
  public record Origin(String command, String machine) {

    /// As metadata of the weights' file.
    public Map<String, String> metadata() {
      return Map.of(COMMAND, command, MACHINE, machine);
    }

    /// That of weights, where they are published ones.
    static Optional<Origin> of(Map<String, String> metadata) {
      String command = metadata.get(COMMAND);
      return command == null
          ? Optional.empty()
          : Optional.of(new Origin(command, metadata.getOrDefault(MACHINE, "")));
    }
  }

  /// Writes the weights of a run as they are published: in half of the bytes.
  public static void write(StoredRun run, Path file, Origin origin) {
    SafetensorsWriter writer = new SafetensorsWriter();
    origin.metadata().forEach(writer::metadata);
    try (SafetensorsReader reader = SafetensorsReader.open(run.folder().model())) {
      reader.metadata().forEach(writer::metadata);
      reader
          .entries()
          .forEach(
              (name, stored) ->
                  writer.addHalf(name, stored.shape(), reader.floats(name, stored.shape())));
    }
    writer.write(file);
  }

  /// Where published weights come from.
  ///
  /// @param run a run folder, or one of these
  /// @return empty where it is a run that was only trained here
  public static Optional<Origin> origin(StoredRun run) {
    try (SafetensorsReader file = SafetensorsReader.open(run.folder().model())) {
      return Origin.of(file.metadata());
    }
  }

  /// What there is, in alphabetical order; nothing where the jar is not on the class path.
  public static List<String> names() {
    Path root = root();
    if (root == null) {
      return List.of();
    }
    try (Stream<Path> all = Files.list(root)) {
      return all.filter(RunFolder::holdsRun)
          .map(path -> String.valueOf(path.getFileName()).replace("/", ""))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw IoErrors.failed("cannot read the weights in " + root, e);
    }
  }

  /// The folder of a name, where there is one.
  public static Optional<Path> find(String name) {
    Path root = root();
    return root == null || !names().contains(name)
        ? Optional.empty()
        : Optional.of(root.resolve(name));
  }

  /// The folder of a name.
  ///
  /// @throws UserException when there is none, with the names that there are
  public static Path require(String name) {
    List<String> names = names();
    if (names.isEmpty()) {
      throw new UserException(
          "weights '%s': wanted the jar hindsight-weights on the class path, found none; add it"
              .formatted(name));
    }
    return find(name).orElseThrow(() -> DidYouMean.unknown("weights file", name, names));
  }

  /// Whether a folder is one of these, into which nobody writes.
  public static boolean holds(Path folder) {
    Path root = root();
    return root != null
        && folder.getFileSystem().equals(root.getFileSystem())
        && root.equals(folder.toAbsolutePath().normalize().getParent());
  }

  private static @Nullable Path root() {
    URL licence = Pretrained.class.getResource(LICENCE);
    return licence == null ? null : folderOf(licence);
  }

  /// The folder of a resource, in a jar or not.
  static Path folderOf(URL licence) {
    try {
      URI uri = licence.toURI();
      if (uri.getScheme().equals("jar")) {
        open(uri);
      }
      return Objects.requireNonNull(Path.of(uri).getParent());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e); // a class loader's URL is a URI
    }
  }

  /// A jar is a file system once for all.
  private static void open(URI jar) {
    try {
      FileSystems.newFileSystem(jar, Map.of());
    } catch (FileSystemAlreadyExistsException _) {
      // by an earlier call
    } catch (IOException e) {
      throw IoErrors.failed("cannot read the weights in " + jar, e);
    }
  }
}
