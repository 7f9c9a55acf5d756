package dev.hindsight.format;

import dev.hindsight.error.UserException;

/// A file that is not what it should be. One line: file, found, expected, remedy.
public final class FormatException extends UserException {
  private static final long serialVersionUID = 1;

  public FormatException(String message) {
    super(message);
  }
}
