package dev.hindsight.error;

/// A result that should be a number and is infinite or none. One line: what, of what, what to do.
/// The command line exits with 1.
public final class NotFiniteException extends RuntimeException {
  private static final long serialVersionUID = 1;

  public NotFiniteException(String message) {
    super(message);
  }
}
