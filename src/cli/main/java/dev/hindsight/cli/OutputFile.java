package dev.hindsight.cli;

import dev.hindsight.error.UserException;
import dev.hindsight.train.RunFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// Output files that an option names, checked before any work.
final class OutputFile {
  private OutputFile() {}

  /// @throws UserException where no file of this name could be written
  static void require(String option, Path file) {
    Path absolute = file.toAbsolutePath().normalize();
    Path folder = absolute.getParent();
    if (folder == null || Files.isDirectory(absolute)) {
      throw new UserException(
          "%s must be a file but %s is a folder; add a file name".formatted(option, file));
    }
    if (Files.exists(absolute) && !Files.isRegularFile(absolute)) {
      throw new UserException(
          "%s: cannot replace %s, which is a pipe or a device; name a file"
              .formatted(option, file));
    }
    if (RunFolder.owns(absolute)) {
      throw new UserException(
          "%s: %s is part of a run and would be overwritten; name another file"
              .formatted(option, file));
    }
    if (!Files.isDirectory(folder)) {
      throw new UserException(
          "%s: cannot write %s, there is no folder %s; create it".formatted(option, file, folder));
    }
    if (!Files.isWritable(folder)) {
      throw new UserException(
          "%s: cannot write %s, the folder %s is read-only; name another"
              .formatted(option, file, folder));
    }
  }

  /// @throws UserException where both names are one file's
  static void requireDifferent(String option, Path file, String other, Path otherFile) {
    if (same(file, otherFile)) {
      throw new UserException(
          "%s and %s are both %s; name two files".formatted(option, other, file));
    }
  }

  private static boolean same(Path a, Path b) {
    if (a.toAbsolutePath().normalize().equals(b.toAbsolutePath().normalize())) {
      return true;
    }
    try {
      return Files.exists(a) && Files.exists(b) && Files.isSameFile(a, b);
    } catch (IOException e) {
      return false; // then writing fails with the reason
    }
  }
}
