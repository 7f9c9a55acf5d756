package dev.hindsight.backend;

/// Pointwise non-linearities.
///
/// All but GELU keep nothing when a linear layer's epilogue fuses them: their derivative follows
/// from the output alone. For GELU, which needs its input, there is [Linear#linearGelu].
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
