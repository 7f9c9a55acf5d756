package dev.hindsight.cli;

import dev.hindsight.error.IoErrors;
import dev.hindsight.error.UserException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// A folder that an option names for output, checked before any work.
final class OutputFolder {
  private OutputFolder() {}

  /// Makes it where it is not there.
  ///
  /// @throws UserException where that cannot be done, or no file can be written in it
  static void require(String option, Path folder) {
    for (Path each = folder.toAbsolutePath(); each != null; each = each.getParent()) {
      if (Files.exists(each) && !Files.isDirectory(each)) {
        throw cannotBeMade(option, folder, "%s is a file".formatted(each));
      }
    }
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

  private static UserException cannotBeMade(String option, Path folder, String reason) {
    return new UserException(
        "%s %s: the folder cannot be created (%s); give another %s or change the permissions"
            .formatted(option, folder, reason, option));
  }
}
