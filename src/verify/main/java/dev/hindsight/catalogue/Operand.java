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
  private final @Nullable ElementType type;
  private double @Nullable [] values;

  /// @param drawn makes its values, when they are first asked for: of all sizes that are listed few
  ///   are looked at
  /// @param type that it always has; null where a backend may keep it in fewer bits
  Operand(
      String name, Role role, Shape shape, Supplier<double[]> drawn, @Nullable ElementType type) {
    this.name = name;
    this.role = role;
    this.shape = shape;
    this.drawn = drawn;
    this.type = type;
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
  /// backend may keep in fewer bits. All else has one type everywhere.
  public boolean stored() {
    return type == null;
  }

  /// How it lies in memory where activations are stored in a type.
  public ElementType type(ElementType storage) {
    return type == null ? storage : type;
  }

  /// The same with the values that there are in the type that it then has.
  Operand in(ElementType storage) {
    return new Operand(name, role, shape, () -> rounded(storage, values()), type);
  }

  /// Numbers of this operand where activations are stored in a type.
  double[] rounded(ElementType storage, double[] numbers) {
    return type(storage) == ElementType.BF16
        ? Arrays.stream(numbers).map(v -> storage.round((float) v)).toArray()
        : numbers;
  }
}
