package dev.hindsight.data;

import dev.hindsight.error.IoErrors;
import dev.hindsight.error.UserException;
import java.io.IOException;

/// Images that cannot be had. One line: file, found, expected, remedy.
public final class DataException extends UserException {
  private static final long serialVersionUID = 1;

  /// Of a file that cannot be read.
  static DataException unreadable(Object file, IOException e) {
    return new DataException(
        "%s: cannot be read (%s); check its permissions and the disk, or get the file again"
            .formatted(file, IoErrors.reason(e)));
  }

  public DataException(String message) {
    super(message);
  }
}
