package dev.hindsight.spark;

/// The backend of an executor cannot open. It would not open in another attempt either, while one
/// that fails at work may be one machine's bad luck.
final class OpeningException extends RuntimeException {
  private static final long serialVersionUID = 1;

  OpeningException(String message, Throwable cause) {
    super(message, cause);
  }
}
