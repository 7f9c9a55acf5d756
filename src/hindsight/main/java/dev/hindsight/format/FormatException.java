package dev.hindsight.format;

import dev.hindsight.error.IoErrors;
import dev.hindsight.error.UserException;
import java.io.IOException;
import java.nio.file.Path;

/// A file that is not what it should be. One line: file, found, expected, remedy.
public final class FormatException extends UserException {
  private static final long serialVersionUID = 1;

  public FormatException(String message) {
    super(message);
  }

  /// A file that the system does not let us read.
  static FormatException unreadable(Path file, IOException e) {
    return new FormatException(
        "%s: cannot be read (%s); check the path and its permissions"
            .formatted(file, IoErrors.reason(e)));
  }
}
