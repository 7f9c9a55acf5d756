package dev.hindsight.catalogue;

import dev.hindsight.tensor.Shape;

/// One tensor of a case.
public final class Operand {

  /// What happens to an operand.
  public enum Role {
    /// Read only: must hold the same bits afterwards.
    IN,
    /// Written by forward; holds NaN before, so that what is not written shows.
    OUT,
    /// Read and written by forward, as the optimiser does.
    UPDATED,
    /// dL/dy: read by backward, which may overwrite it by the gradient before an activation.
    COTANGENT,
    /// Accumulated by backward; is not zero at first, so that `=` instead of `+=` shows.
    GRADIENT
  }

  private final String name;
  private final Role role;
  private final Shape shape;
  private final double[] values;

  Operand(String name, Role role, Shape shape, double[] values) {
    this.name = name;
    this.role = role;
    this.shape = shape;
    this.values = values;
  }

  public String name() {
    return name;
  }

  public Role role() {
    return role;
  }

  public Shape shape() {
    return shape;
  }

  /// What it holds at first: exact in float, so that all backends start from the same.
  public double[] values() {
    return values;
  }
}
