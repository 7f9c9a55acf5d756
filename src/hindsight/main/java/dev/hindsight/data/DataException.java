package dev.hindsight.data;

import dev.hindsight.error.UserException;

/// Images that cannot be had. One line: file, found, expected, remedy.
public final class DataException extends UserException {
  private static final long serialVersionUID = 1;

  public DataException(String message) {
    super(message);
  }
}
