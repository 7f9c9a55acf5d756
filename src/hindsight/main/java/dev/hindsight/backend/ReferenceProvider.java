package dev.hindsight.backend;

/// The backend that all others are compared with. [#open] opens it in float.
public interface ReferenceProvider extends BackendProvider {
  /// Opens it in double, to check gradients and roundoff.
  Backend openInDouble();
}
