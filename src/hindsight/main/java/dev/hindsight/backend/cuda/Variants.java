package dev.hindsight.backend.cuda;

import dev.hindsight.backend.cuda.KernelLauncher.Kernel;
import dev.hindsight.tensor.ElementType;
import dev.hindsight.tensor.Tensor;
import java.util.EnumMap;
import java.util.Map;
import java.util.function.Function;

/// A kernel for each type that activations may have.
final class Variants {
  private final Function<ElementType, Kernel> make;
  private final Map<ElementType, Kernel> made = new EnumMap<>(ElementType.class);

  Variants(Function<ElementType, Kernel> make) {
    this.make = make;
  }

  /// The one for activations of a type.
  Kernel of(ElementType type) {
    return made.computeIfAbsent(type, make);
  }

  /// The one for such an activation.
  Kernel of(Tensor activation) {
    return of(activation.type());
  }
}
