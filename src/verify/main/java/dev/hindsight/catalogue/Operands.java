package dev.hindsight.catalogue;

import dev.hindsight.tensor.Gradient;
import dev.hindsight.tensor.Tensor;
import java.util.function.Function;

/// Finds an operand of a case by its name.
@FunctionalInterface
public interface Operands extends Function<String, Tensor> {
  /// A gradient that the op may find fresh; here it holds what others have added.
  default Gradient gradient(String name) {
    return Gradient.of(apply(name));
  }
}
