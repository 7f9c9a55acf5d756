package dev.hindsight.tensor;

/// Where a backend's bytes come from. Scopes take large pieces from it and hand out small ones.
public interface Memory {
  /// Reserves `bytes` and returns their address, a multiple of 256. Contents are unspecified.
  ///
  /// @throws OutOfMemoryException when there is not enough
  long reserve(long bytes, String label);

  void release(long address);

  /// Sets `bytes` bytes to 0, in order with the ops that were started before.
  void zero(long address, long bytes);

  /// No memory at all: its tensors have a shape and a type alone, as on PyTorch's meta device.
  static Memory none() {
    return new NoMemory();
  }
}
