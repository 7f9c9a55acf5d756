package dev.hindsight.backend;

import dev.hindsight.tensor.ElementType;

/// The backend that all others are compared with. [#open] opens it in float.
public interface ReferenceProvider extends BackendProvider {
  /// Opens it in double, to check gradients and roundoff.
  Backend openInDouble();

  /// Opens it in float, to train beside a backend that stores activations in a type: when an op has
  /// computed them they are rounded to it.
  Backend openInFloat(ElementType storage);
}
