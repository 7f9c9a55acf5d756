package dev.hindsight.softgpu.base;

/// An address that the host passed and that is no device address.
public final class IllegalAddress extends RuntimeException {
  private static final long serialVersionUID = 1;

  public IllegalAddress(String message) {
    super(message);
  }
}
