package dev.hindsight.backend;

/// A backend cannot open or can no longer work. The message is one line: what was wanted, what was
/// got, what to do.
public final class BackendException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final String message;

  public BackendException(String message) {
    super(message);
    this.message = message;
  }

  @Override
  public String getMessage() {
    return message;
  }
}
