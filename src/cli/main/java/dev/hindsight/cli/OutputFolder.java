package dev.hindsight.cli;

import dev.hindsight.error.IoErrors;
import dev.hindsight.error.UserException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// A folder that an option names for files to go to. What is wrong with it is said before the work
/// begins.
final class OutputFolder {
  private OutputFolder() {}

  /// Makes it where it is not there.
  ///
  /// @throws UserException where that cannot be done, or no file can be written in it
  static void require(String option, Path folder) {
    try {
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw new UserException(
          "%s %s: the folder cannot be made (%s); give another %s or change the permissions"
              .formatted(option, folder, IoErrors.reason(e), option));
    }
    if (!Files.isWritable(folder)) {
      throw new UserException(
          "%s %s: the folder cannot be written; give another %s or change the permissions"
              .formatted(option, folder, option));
    }
  }
}
