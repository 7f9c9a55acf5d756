package dev.hindsight.exchange;

/// A worker is gone, does not answer, or sends what it should not. The step is lost, the run is
/// not.
public final class ExchangeException extends RuntimeException {
  private static final long serialVersionUID = 1;

  ExchangeException(String message) {
    super(message);
  }

  ExchangeException(String message, Throwable cause) {
    super(message, cause);
  }
}
