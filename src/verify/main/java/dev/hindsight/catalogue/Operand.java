package dev.hindsight.catalogue;

import dev.hindsight.tensor.ElementType;
import dev.hindsight.tensor.Shape;
import java.util.Arrays;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

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
  private final Supplier<double[]> drawn;
  private final boolean stored;
  private double @Nullable [] values;

  /// @param drawn makes its values, when they are first asked for: of all sizes that are listed few
  ///   are looked at
  Operand(String name, Role role, Shape shape, Supplier<double[]> drawn, boolean stored) {
    this.name = name;
    this.role = role;
    this.shape = shape;
    this.drawn = drawn;
    this.stored = stored;
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

  /// What it holds at first: exact in its type, so that all backends start from the same.
  public double[] values() {
    double[] now = values;
    if (now == null) {
      now = drawn.get();
      values = now;
    }
    return now;
  }

  /// Whether it is an activation, the gradient of one or a weight that is multiplied, which a
  /// backend may keep in fewer bits. All else is fp32 everywhere.
  public boolean stored() {
    return stored;
  }

  /// How it lies in memory where activations are stored in a type.
  public ElementType type(ElementType storage) {
    return stored ? storage : ElementType.FP32;
  }

  /// The same with the values that there are in the type that it then has.
  Operand in(ElementType storage) {
    return new Operand(name, role, shape, () -> rounded(storage, values()), stored);
  }

  /// Numbers of this operand where activations are stored in a type.
  double[] rounded(ElementType storage, double[] numbers) {
    if (type(storage) == ElementType.FP32) {
      return numbers;
    }
    return Arrays.stream(numbers).map(v -> type(storage).round((float) v)).toArray();
  }
}
