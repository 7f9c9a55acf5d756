package dev.hindsight.backend.cuda;

import dev.hindsight.backend.cuda.KernelLauncher.Kernel;
import dev.hindsight.tensor.ElementType;
import dev.hindsight.tensor.Tensor;
import java.util.EnumMap;
import java.util.Map;
import java.util.function.Function;

/// A kernel for each type that activations may have. That of fp32 is there from the start, since
/// every backend draws in it; any other is loaded at its first use, which is never in a recording.
final class Variants {
  private final Function<ElementType, Kernel> load;
  private final Map<ElementType, Kernel> loaded = new EnumMap<>(ElementType.class);

  Variants(Function<ElementType, Kernel> load) {
    this.load = load;
    of(ElementType.FP32);
  }

  /// The one for activations of a type.
  Kernel of(ElementType type) {
    return loaded.computeIfAbsent(type, load);
  }

  /// The one for such an activation.
  Kernel of(Tensor activation) {
    return of(activation.type());
  }
}
