package dev.hindsight.train;

/// The loss is no number any more. The message says where, and what is kept.
public final class DivergedException extends RuntimeException {
  private static final long serialVersionUID = 1;

  DivergedException(String message) {
    super(message);
  }
}
