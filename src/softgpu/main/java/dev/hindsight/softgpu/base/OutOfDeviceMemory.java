package dev.hindsight.softgpu.base;

/// An allocation that does not fit.
public final class OutOfDeviceMemory extends RuntimeException {
  private static final long serialVersionUID = 1;

  public OutOfDeviceMemory(String message) {
    super(message);
  }
}
