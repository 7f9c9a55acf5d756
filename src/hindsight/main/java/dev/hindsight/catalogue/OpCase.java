package dev.hindsight.catalogue;

import dev.hindsight.backend.Backend;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// One op at one shape.
///
/// @param op name of the `Backend` method
/// @param shape for people: `64x784x1024 relu`
/// @param reduction length K of the longest sum; the tolerance grows with its root
/// @param gradients which of the gradients a finite difference checks
public record OpCase(
    String op,
    String shape,
    long reduction,
    List<Operand> operands,
    Body forward,
    @Nullable Body backward,
    List<Gradient> gradients,
    Work forwardWork,
    Work backwardWork) {

  /// Calls the backend; `t` finds a tensor by its operand's name.
  @FunctionalInterface
  public interface Body {
    void run(Backend backend, Operands t);
  }

  /// dL/d`input` is accumulated in `gradient`, where L = Σ `output` · `cotangent`.
  ///
  /// @param cotangent an operand's name, or null when L = `scale` · Σ `output`
  public record Gradient(
      String input, String gradient, String output, @Nullable String cotangent, double scale) {}

  /// The least an op has to do: floating-point operations (a multiply-add is two) and bytes moved.
  public record Work(long flops, long bytes) {
    public static final Work NONE = new Work(0, 0);
  }

  /// The same for other checks only: finite differences take long where operands are large, and
  /// need all gradients.
  OpCase withoutGradientChecks() {
    return new OpCase(
        op, shape, reduction, operands, forward, backward, List.of(), forwardWork, backwardWork);
  }

  public Operand operand(String name) {
    return operands.stream()
        .filter(o -> o.name().equals(name))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException(this + ": no operand " + name));
  }

  @Override
  public String toString() {
    return op + " " + shape;
  }
}
