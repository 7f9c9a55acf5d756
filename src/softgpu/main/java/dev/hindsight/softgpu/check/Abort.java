package dev.hindsight.softgpu.check;

/// Ends a launch whose findings leave nothing sensible to go on with.
public final class Abort extends RuntimeException {
  private static final long serialVersionUID = 1;

  public Abort() {
    super("launch aborted", null, false, false);
  }
}
