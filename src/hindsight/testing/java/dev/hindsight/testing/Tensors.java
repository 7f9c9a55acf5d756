package dev.hindsight.testing;

import dev.hindsight.backend.Backend;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;

/// Tensors with given values.
public final class Tensors {
  private Tensors() {}

  /// A tensor of these values.
  ///
  /// @param values row-major
  public static Tensor tensor(Backend backend, Scope scope, float[] values, int... dims) {
    Tensor t = scope.floats(dims);
    backend.write(t, values);
    return t;
  }

  /// One of activations, or of a weight that meets them, as the backend stores them.
  public static Tensor stored(Backend backend, Scope scope, float[] values, int... dims) {
    Tensor t = scope.tensor(backend.storage(), dims);
    backend.write(t, values);
    return t;
  }

  /// One axis of whole numbers.
  public static Tensor ints(Backend backend, Scope scope, int... values) {
    Tensor t = scope.ints(values.length);
    backend.write(t, values);
    return t;
  }

  /// One axis.
  public static Tensor vector(Backend backend, Scope scope, float... values) {
    return tensor(backend, scope, values, values.length);
  }
}
