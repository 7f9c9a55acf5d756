package dev.hindsight.train;

/// The loss is no number any more.
public final class DivergedException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final String where;

  /// @param where which loss, at which epoch and step
  /// @param advice what is kept, and what to do
  DivergedException(String where, String advice) {
    super(where + "; " + advice);
    this.where = where;
  }

  String where() {
    return where;
  }
}
