package dev.hindsight.bench.vendor;

import dev.hindsight.backend.Backend;
import dev.hindsight.tensor.ElementType;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;

/// Numbers in the type that a library takes.
final class Numbers {
  private Numbers() {}

  /// A new tensor of these numbers, rounded to its type.
  static Tensor of(Backend backend, Scope scope, ElementType type, float[] values) {
    Tensor tensor = scope.tensor(type, values.length);
    backend.write(tensor, values);
    return tensor;
  }

  /// The tensor itself where it has the type, else a copy.
  static Tensor in(Backend backend, Scope scope, ElementType type, Tensor tensor) {
    return tensor.type() == type ? tensor : of(backend, scope, type, backend.readFloats(tensor));
  }
}
