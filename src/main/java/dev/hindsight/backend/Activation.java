package dev.hindsight.backend;

/// Pointwise non-linearities.
///
/// All but GELU can be fused into a linear layer's epilogue: their derivative follows from the
/// output alone, so the pre-activation need not be kept.
public enum Activation {
  IDENTITY,
  RELU,
  TANH,
  SIGMOID,
  /// The exact one, x·Φ(x) with erf (Hendrycks & Gimpel 2016).
  GELU;

  public boolean derivativeFollowsFromOutput() {
    return this != GELU;
  }
}
