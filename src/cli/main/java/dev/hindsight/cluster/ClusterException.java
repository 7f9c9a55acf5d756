package dev.hindsight.cluster;

/// A cluster failed without a mistake of the user. One line: what failed and why, what to do. The
/// command line exits with 1.
public final class ClusterException extends RuntimeException {
  private static final long serialVersionUID = 1;

  public ClusterException(String message, Throwable cause) {
    super(message, cause);
  }
}
