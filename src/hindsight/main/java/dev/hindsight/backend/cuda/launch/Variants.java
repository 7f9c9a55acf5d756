package dev.hindsight.backend.cuda.launch;

import dev.hindsight.backend.cuda.launch.KernelLauncher.Kernel;
import dev.hindsight.tensor.ElementType;
import dev.hindsight.tensor.Tensor;
import java.util.EnumMap;
import java.util.Map;
import java.util.function.Function;

/// A kernel for each type that activations may have.
public final class Variants {
  private final Function<ElementType, Kernel> make;
  private final Map<ElementType, Kernel> made = new EnumMap<>(ElementType.class);

  public Variants(Function<ElementType, Kernel> make) {
    this.make = make;
  }

  /// The one for activations of a type.
  public Kernel of(ElementType type) {
    return made.computeIfAbsent(type, make);
  }

  /// The one for such an activation.
  public Kernel of(Tensor activation) {
    return of(activation.type());
  }
}
