package dev.hindsight.error;

import java.util.Objects;

/// A mistake that the user can repair: a wrong file, name, number or folder.
///
/// The message is one line: what was found, what was expected, what to do. The command line prints
/// it without a stack trace and exits with 2.
public class UserException extends RuntimeException {
  private static final long serialVersionUID = 1;

  public UserException(String message) {
    super(message);
  }

  @Override
  public final String getMessage() {
    return Objects.requireNonNull(super.getMessage());
  }
}
