package dev.hindsight.cli;

import dev.hindsight.error.IoErrors;
import dev.hindsight.error.UserException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// A folder that an option names for output, checked before any work.
final class OutputFolder {
  private OutputFolder() {}

  /// Makes it where it is not there.
  ///
  /// @throws UserException where that cannot be done, or no file can be written in it
  static void require(String option, Path folder) {
    require(option, List.of(folder));
  }

  /// The same of one and others in it, of which none is made where a file is in the way of one, or
  /// a link, which may lead out of the first.
  static void require(String option, List<Path> folders) {
    folders.forEach(folder -> requireNoFile(option, folder));
    for (Path inside : folders.subList(1, folders.size())) {
      if (Files.isSymbolicLink(inside)) {
        throw cannotBeMade(option, inside, "it is a link");
      }
    }
    folders.forEach(folder -> make(option, folder));
  }

  private static void requireNoFile(String option, Path folder) {
    for (Path each = folder.toAbsolutePath(); each != null; each = each.getParent()) {
      if (Files.exists(each) && !Files.isDirectory(each)) {
        throw cannotBeMade(option, folder, "%s is a file".formatted(each));
      }
    }
  }

  private static UserException cannotBeMade(String option, Path folder, String reason) {
    return new UserException(
        "%s %s: the folder cannot be created (%s); give another %s or change the permissions"
            .formatted(option, folder, reason, option));
  }

  private static void make(String option, Path folder) {
    try {
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw cannotBeMade(option, folder, IoErrors.reason(e));
    }
    if (!Files.isWritable(folder)) {
      throw new UserException(
          "%s %s: the folder is not writable; give another %s or change the permissions"
              .formatted(option, folder, option));
    }
  }
}
