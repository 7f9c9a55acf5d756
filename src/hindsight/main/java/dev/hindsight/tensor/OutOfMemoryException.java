package dev.hindsight.tensor;

/// A backend has not enough memory for what was asked. The message says how much was wanted, how
/// much there is, and what to reduce.
public final class OutOfMemoryException extends RuntimeException {
  private static final long serialVersionUID = 1;

  public OutOfMemoryException(String message) {
    super(message);
  }
}
