package dev.hindsight.backend;

/// The stream of a GPU in which the calls of a backend happen in order, for another library that
/// works in it too.
public interface GpuStream {
  /// Its `CUstream`, for C functions. The GPU's context is current in the calling thread from now
  /// on.
  long address();

  /// Whether all that was queued is done. Does not wait.
  boolean idle();

  /// The UUID of the GPU, which no other has.
  String gpu();
}
