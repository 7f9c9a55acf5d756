package dev.hindsight.train;

import dev.hindsight.error.IoErrors;
import dev.hindsight.error.UserException;
import dev.hindsight.format.AtomicFile;
import dev.hindsight.format.FolderLock;
import dev.hindsight.format.TensorBoardWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The files of one run. While a run is being trained its folder is locked, so that no second
/// process writes into it.
public final class RunFolder implements AutoCloseable {
  private static final String CONFIG = "config.json";
  private static final String MODEL = "model.safetensors";
  private static final String OPTIMIZER = "optimizer.safetensors";
  private static final String METRICS = "metrics.jsonl";
  private static final String SAMPLES = "samples.png";
  private static final String QUALITY = "quality.json";
  private static final String QUALITY_PAGE = "quality.html";
  private static final String EVENTS = "events";
  private static final String LOCK = FolderLock.NAME;

  private static final List<String> KEPT = List.of(CONFIG, MODEL, OPTIMIZER, METRICS, LOCK);
  private static final List<String> FILES = List.of(CONFIG, MODEL, OPTIMIZER, METRICS, SAMPLES);

  /// What makes a folder a run.
  private static final List<String> RUN_FILES =
      List.of(CONFIG, MODEL, OPTIMIZER, METRICS, SAMPLES, EVENTS);

  private static final int DEPTH = 2; // runs/compare/made

  private final Path path;
  private final @Nullable FolderLock lock;
  private final List<Path> made;

  /// @param made what goes again where no run begins, the innermost first
  private RunFolder(Path path, @Nullable FolderLock lock, List<Path> made) {
    this.path = path;
    this.lock = lock;
    this.made = made;
  }

  /// Makes and locks the folder of a new run. Where none begins, it leaves nothing behind.
  ///
  /// @throws UserException when it is a file, cannot be written, holds a run, or is in use
  public static RunFolder create(Path path) {
    requireFree(path); // a lock would be the first file that is ours among those of others
    List<Path> missing = missing(path);
    try {
      Files.createDirectories(path);
    } catch (IOException e) {
      missing.forEach(RunFolder::deleteUnused); // those above the one that cannot be made
      throw new UserException(
          "%s: the run folder cannot be made (%s); give another one or change the permissions"
              .formatted(path, IoErrors.reason(e)));
    }
    RunFolder run = new RunFolder(path, lock(path), missing);
    boolean free = false;
    try {
      requireFree(path); // another process may have been faster
      free = true;
      return run;
    } finally {
      if (!free) {
        run.close();
      }
    }
  }

  /// Fails where no new run can begin in a folder, which need not be there. Nothing is written.
  ///
  /// @throws UserException when it is a file or holds a run
  public static void requireFree(Path path) {
    if (Files.exists(path) && !Files.isDirectory(path)) {
      throw new UserException(path + ": is a file; a run needs a folder, so give another name");
    }
    for (String name : RUN_FILES) {
      if (Files.exists(path.resolve(name), LinkOption.NOFOLLOW_LINKS)) {
        throw new UserException(
            "%s: already holds a run (%s); go on with train --resume, or give another folder"
                .formatted(path, name));
      }
    }
  }

  /// Fails where [#create] would.
  public static void requireWritable(Path path) {
    create(path).close();
  }

  private static List<Path> missing(Path path) {
    List<Path> missing = new ArrayList<>();
    for (Path each = path.resolve(LOCK).toAbsolutePath(); each != null && !Files.exists(each); ) {
      missing.add(each);
      each = each.getParent();
    }
    return missing;
  }

  private static void deleteUnused(Path path) {
    try {
      Files.deleteIfExists(path);
    } catch (IOException _) {
      // somebody else has put something there by now
    }
  }

  /// Locks the folder of a run that goes on.
  ///
  /// @throws UserException when it holds no run, cannot be written, or is in use
  public static RunFolder resume(Path path) {
    requireRun(path);
    return new RunFolder(path, lock(path), List.of());
  }

  /// Opens a run to read it; it is not locked.
  ///
  /// @throws UserException when the folder holds no run
  public static RunFolder read(Path path) {
    requireRun(path);
    return new RunFolder(path, null, List.of());
  }

  /// Opens a run to read all of it, which nobody may change meanwhile. It is locked where a process
  /// that trains there would find the lock; nothing is written.
  ///
  /// @throws UserException when the folder holds no run or is in use
  public static RunFolder readAlone(Path path) {
    requireRun(path);
    boolean lockable = Files.isWritable(path.resolve(LOCK));
    return new RunFolder(path, lockable ? lock(path) : null, List.of());
  }

  /// Whether a run began in this folder.
  public static boolean holdsRun(Path path) {
    return Files.exists(path.resolve(CONFIG));
  }

  /// The runs in a folder, which may be one itself, and those of a comparison in it; none where it
  /// is missing.
  public static List<Path> in(Path folder) {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> paths = Files.walk(folder, DEPTH)) {
      return paths.filter(RunFolder::holdsRun).sorted().toList();
    } catch (IOException e) {
      throw IoErrors.failed("cannot read the runs in " + folder, e);
    }
  }

  /// Whether a process trains into a folder now. Its lock is taken for that moment.
  public static boolean isInUse(Path path) {
    if (!Files.isWritable(path.resolve(LOCK))) {
      return false;
    }
    try (FolderLock lock = FolderLock.tryTake(path)) {
      return lock == null;
    } catch (IOException _) {
      return false; // nobody trains where nobody can write
    }
  }

  public Path path() {
    return path;
  }

  public Path config() {
    return path.resolve(CONFIG);
  }

  public Path model() {
    return path.resolve(MODEL);
  }

  public Path optimizer() {
    return path.resolve(OPTIMIZER);
  }

  public Path metrics() {
    return path.resolve(METRICS);
  }

  public Path samples() {
    return path.resolve(SAMPLES);
  }

  /// A row of samples after an epoch, of a run that `compare` has trained.
  public Path samples(int epoch) {
    return path.resolve("samples-%d.png".formatted(epoch));
  }

  /// What `quality` has found; of the weights of now.
  public Path quality() {
    return path.resolve(QUALITY);
  }

  /// The same to look at.
  public Path qualityPage() {
    return path.resolve(QUALITY_PAGE);
  }

  /// A folder for TensorBoard.
  public Path events() {
    return path.resolve(EVENTS);
  }

  /// What TensorBoard reads there, the oldest first.
  List<Path> eventFiles() {
    if (!Files.isDirectory(events())) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(events())) {
      return files.filter(TensorBoardWriter::isEventFile).sorted().toList();
    } catch (IOException e) {
      throw IoErrors.failed("cannot read " + events(), e);
    }
  }

  /// Writes a file of the run whole or not at all.
  public void write(String name, byte[] bytes) {
    AtomicFile.write(path.resolve(name), bytes);
  }

  /// Whether a file is one of a run's own that nothing else may replace; its sheet may be drawn
  /// anew.
  public static boolean owns(Path file) {
    Path folder = file.toAbsolutePath().normalize().getParent();
    String name = String.valueOf(file.getFileName());
    return folder != null && KEPT.contains(name) && holdsRun(folder);
  }

  /// Fails where a name of the run is taken by what no training could write, or by a link, which
  /// may lead out of the folder. (Files that are replaced whole replace a link, too.)
  void requireKinds() {
    for (String name : FILES) {
      Path file = path.resolve(name);
      if (Files.exists(file) && !Files.isRegularFile(file)) {
        String kind = Files.isDirectory(file) ? "a folder" : "a pipe or a device";
        throw new UserException("%s: is %s, not a file; move it away".formatted(file, kind));
      }
    }
    if (Files.exists(events(), LinkOption.NOFOLLOW_LINKS)
        && !Files.isDirectory(events(), LinkOption.NOFOLLOW_LINKS)) {
      throw new UserException(events() + ": is a file or a link, not a folder; move it away");
    }
  }

  /// The first change of a training that can be done: its settings, and neither sheet nor quality,
  /// since those are a finished run's. What a killed process left of files that it was writing
  /// goes, too.
  void begin(RunConfig config) {
    AtomicFile.deleteLeft(path);
    write(CONFIG, config.toJson());
    for (Path file : List.of(samples(), quality(), qualityPage())) {
      IoErrors.orFail("cannot delete " + file, () -> Files.deleteIfExists(file));
    }
  }

  @Override
  public void close() {
    if (lock != null) {
      lock.close();
    }
    if (!holdsRun(path)) {
      made.forEach(RunFolder::deleteUnused);
    }
  }

  private static void requireRun(Path path) {
    if (!Files.isDirectory(path)) {
      throw new UserException(
          "%s: %s; give the folder of a run"
              .formatted(path, Files.exists(path) ? "is a file" : "no such folder"));
    }
    if (!holdsRun(path)) {
      throw new UserException(
          "%s: holds no run (no %s); give a folder that training wrote".formatted(path, CONFIG));
    }
  }

  private static FolderLock lock(Path path) {
    try {
      FolderLock lock = FolderLock.tryTake(path);
      if (lock != null) {
        return lock;
      }
    } catch (IOException e) {
      throw new UserException(
          "%s: the run folder cannot be written (%s); give another one or change the permissions"
              .formatted(path, IoErrors.reason(e)));
    }
    throw new UserException(
        path + ": another process is training into this folder; wait for it or give another");
  }
}
