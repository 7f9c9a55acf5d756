package dev.hindsight.catalogue;

import dev.hindsight.backend.Gradients;
import dev.hindsight.tensor.Gradient;
import dev.hindsight.tensor.Tensor;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Operands that a case leaves out, by their names in one string.
final class Without {
  private Without() {}

  static boolean names(String names, String name) {
    return Arrays.asList(names.split(" ")).contains(name);
  }

  static @Nullable Tensor unless(String names, Operands m, String name) {
    return names(names, name) ? null : m.apply(name);
  }

  static @Nullable Gradient gradient(String names, Operands m, String name) {
    return names(names, name) ? null : m.gradient(name);
  }

  /// Those of a layer.
  static Gradients gradients(String names, Operands m, String dx, String dw, String db) {
    return new Gradients(gradient(names, m, dx), unless(names, m, dw), unless(names, m, db));
  }
}
