package dev.hindsight.tensor;

/// Where a gradient is summed up by the ops that have read a tensor.
///
/// The first of them finds it fresh: nothing has been added, and instead of clearing it, reading
/// the zeros and adding, it overwrites what is there. Whoever gets a fresh gradient writes all of
/// it.
///
/// @param fresh whether it counts as zeros, whatever its memory holds
public record Gradient(Tensor tensor, boolean fresh) {
  /// One that holds what others have added, or zeros.
  public static Gradient of(Tensor tensor) {
    return new Gradient(tensor, false);
  }
}
