package dev.hindsight.train;

import dev.hindsight.error.IoErrors;
import dev.hindsight.error.UserException;
import dev.hindsight.format.AtomicFile;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The files of one run. While a run is being trained its folder is locked, so that no second
/// process writes into it.
public final class RunFolder implements AutoCloseable {
  private static final String CONFIG = "config.json";
  private static final String MODEL = "model.safetensors";
  private static final String OPTIMIZER = "optimizer.safetensors";
  private static final String METRICS = "metrics.jsonl";
  private static final String SAMPLES = "samples.png";
  private static final String EVENTS = "events";
  private static final String LOCK = ".lock";

  /// What makes a folder a run.
  private static final List<String> RUN_FILES =
      List.of(CONFIG, MODEL, OPTIMIZER, METRICS, SAMPLES, EVENTS);

  private final Path path;
  private final @Nullable FileChannel lock;

  private RunFolder(Path path, @Nullable FileChannel lock) {
    this.path = path;
    this.lock = lock;
  }

  /// Makes and locks the folder of a new run.
  ///
  /// @throws UserException when it is a file, cannot be written, holds a run, or is in use
  public static RunFolder create(Path path) {
    if (Files.exists(path) && !Files.isDirectory(path)) {
      throw new UserException(path + ": is a file; a run needs a folder, so give another name");
    }
    try {
      Files.createDirectories(path);
    } catch (IOException e) {
      throw new UserException(
          "%s: the run folder cannot be made (%s); give another one or change the permissions"
              .formatted(path, IoErrors.reason(e)));
    }
    RunFolder run = new RunFolder(path, lock(path));
    String found = run.firstRunFile();
    if (found != null) {
      run.close();
      throw new UserException(
          "%s: already holds a run (%s); go on with train --resume, or give another folder"
              .formatted(path, found));
    }
    run.deleteTemporaries();
    return run;
  }

  /// Locks the folder of a run that goes on.
  ///
  /// @throws UserException when it holds no run, cannot be written, or is in use
  public static RunFolder resume(Path path) {
    requireRun(path);
    RunFolder run = new RunFolder(path, lock(path));
    run.deleteTemporaries();
    return run;
  }

  /// Opens a run to read it; it is not locked.
  ///
  /// @throws UserException when the folder holds no run
  public static RunFolder read(Path path) {
    requireRun(path);
    return new RunFolder(path, null);
  }

  /// Whether a run began in this folder.
  public static boolean holdsRun(Path path) {
    return Files.exists(path.resolve(CONFIG));
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

  /// A folder for TensorBoard.
  public Path events() {
    return path.resolve(EVENTS);
  }

  /// Writes a file of the run whole or not at all.
  public void write(String name, byte[] bytes) {
    AtomicFile.write(path.resolve(name), bytes);
  }

  /// Removes the sheet, if there is one.
  void deleteSamples() {
    try {
      Files.deleteIfExists(samples());
    } catch (IOException e) {
      throw IoErrors.failed("cannot delete " + samples(), e);
    }
  }

  /// Gives the folder free for others.
  @Override
  public void close() {
    if (lock == null) {
      return;
    }
    try {
      lock.close();
    } catch (IOException e) {
      throw IoErrors.failed("cannot unlock " + path, e);
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

  private static FileChannel lock(Path path) {
    FileChannel channel = null;
    FileLock lock = null;
    try {
      channel =
          FileChannel.open(path.resolve(LOCK), StandardOpenOption.WRITE, StandardOpenOption.CREATE);
      lock = channel.tryLock();
      if (lock != null) {
        return channel;
      }
    } catch (OverlappingFileLockException _) {
      // held by this very process: the same answer as for another one
    } catch (IOException e) {
      throw new UserException(
          "%s: the run folder cannot be written (%s); give another one or change the permissions"
              .formatted(path, IoErrors.reason(e)));
    } finally {
      if (lock == null && channel != null) {
        closeUnlocked(channel, path);
      }
    }
    throw new UserException(
        path + ": another process is training into this folder; wait for it or give another");
  }

  private static void closeUnlocked(FileChannel channel, Path path) {
    try {
      channel.close();
    } catch (IOException e) {
      throw IoErrors.failed("cannot close the lock of " + path, e);
    }
  }

  private @Nullable String firstRunFile() {
    for (String name : RUN_FILES) {
      if (Files.exists(path.resolve(name))) {
        return name;
      }
    }
    return null;
  }

  /// Removes what a killed process left of files that it was writing.
  private void deleteTemporaries() {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(path, AtomicFile::isTemporary)) {
      for (Path file : files) {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw IoErrors.failed("cannot clean " + path, e);
    }
  }
}
