package dev.hindsight.data;

import dev.hindsight.error.IoErrors;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The pictures below a folder, in the order of their names, whatever the script; each folder's own
/// files and folders in one order. Hidden ones are left out, links are followed.
///
/// @param skipped files whose names are not those of pictures
record PictureListing(List<Found> pictures, int skipped) {
  private static final List<String> ENDINGS = List.of(".png", ".jpg", ".jpeg", ".gif", ".bmp");

  /// Names and sizes take some hundred bytes each. Links that lead to the same folders again and
  /// again, though in no circle, may name any number of files.
  private static final int MOST_FILES = 1 << 24;

  /// A picture's file.
  ///
  /// @param name below the folder
  record Found(Path name, Path file, long bytes, long modified) {
    /// The name of a folder that it is in, from 0, the uppermost; null where it is in fewer.
    @Nullable String folder(int depth) {
      return depth < name.getNameCount() - 1 ? name.getName(depth).toString() : null;
    }
  }

  /// @throws DataException when a folder cannot be read or a link leads in a circle
  static PictureListing of(Path folder) {
    var walk = new Walk(folder);
    try {
      walk.enter(folder);
    } catch (FileSystemLoopException e) {
      throw new DataException(
          "%s: is a link to a folder that it is in; remove it".formatted(e.getFile()));
    } catch (IOException e) {
      throw unreadable(walk, e);
    } catch (UncheckedIOException e) { // of a folder that goes while it is read
      throw unreadable(walk, Objects.requireNonNull(e.getCause()));
    }
    return new PictureListing(walk.pictures, walk.skipped);
  }

  private static DataException unreadable(Walk walk, IOException e) {
    return new DataException(
        "%s: cannot be read (%s); check its permissions".formatted(walk.at, IoErrors.reason(e)));
  }

  static String endings() {
    return String.join(", ", ENDINGS);
  }

  private static final class Walk {
    private final Path root;
    private final List<Found> pictures = new ArrayList<>();
    private final Deque<Object> above =
        new ArrayDeque<>(); // folders, by what is the same for links
    private Path at;
    private int skipped;
    private int seen;

    Walk(Path root) {
      this.root = root;
      this.at = root;
    }

    void enter(Path folder) throws IOException {
      at = folder;
      Object key = folder.toRealPath();
      if (above.contains(key)) {
        throw new FileSystemLoopException(folder.toString());
      }
      above.push(key);
      Map<Path, Path> byName = new TreeMap<>();
      try (Stream<Path> files = Files.list(folder)) {
        files.forEach(file -> byName.put(Objects.requireNonNull(file.getFileName()), file));
      }
      for (Path file : byName.values()) {
        if (!isHidden(file)) {
          visit(file);
        }
      }
      above.pop();
    }

    private void visit(Path file) throws IOException {
      if (++seen > MOST_FILES) {
        throw new IOException("more than %d files".formatted(MOST_FILES));
      }
      if (Files.isDirectory(file)) {
        enter(file);
      } else if (isPicture(file)) {
        pictures.add(found(file));
      } else {
        skipped++;
      }
    }

    private Found found(Path file) throws IOException {
      at = file;
      try {
        var attributes = Files.readAttributes(file, BasicFileAttributes.class);
        long modified = attributes.lastModifiedTime().toMillis();
        return new Found(root.relativize(file), file, attributes.size(), modified);
      } catch (NoSuchFileException _) {
        throw new IOException("it is a link to nothing");
      }
    }

    private static boolean isHidden(Path file) {
      return String.valueOf(file.getFileName()).startsWith(".");
    }

    private static boolean isPicture(Path file) {
      String name = String.valueOf(file.getFileName()).toLowerCase(Locale.ROOT);
      return ENDINGS.stream().anyMatch(name::endsWith);
    }
  }
}
