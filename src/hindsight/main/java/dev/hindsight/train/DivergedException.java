package dev.hindsight.train;

/// A loss, or a number that the next steps follow from, is no number any more.
public final class DivergedException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final String where;

  /// @param where which loss or tensor, at which epoch and step
  /// @param advice what is kept, and what to do
  DivergedException(String where, String advice) {
    super(where + "; " + advice);
    this.where = where;
  }

  String where() {
    return where;
  }
}
