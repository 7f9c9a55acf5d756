package dev.hindsight.catalogue;

import static dev.hindsight.catalogue.Call.call;

import dev.hindsight.backend.Activation;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Stream;

final class ActivateCases implements Cases {
  @Override
  public Stream<OpCase> all() {
    return Arrays.stream(Activation.values())
        .flatMap(f -> OpCases.sizes().mapToObj(size -> activate(f, size)));
  }

  /// The sizes that MADE trains with at batch 64.
  @Override
  public Stream<OpCase> seedSizes() {
    return Stream.of(activate(Activation.RELU, 64 * 1024), activate(Activation.GELU, 64 * 1024));
  }

  private static OpCase activate(Activation f, int size) {
    return new CaseBuilder("activate", size + " " + f.name().toLowerCase(Locale.ROOT))
        .in("x", 2, size)
        .out("y", size)
        .gradients("y", "x")
        .forward(size, call("activate.forward", f, "x y"))
        .backward(2L * size, call("activate.backward", f, "x y dy dx"))
        .build();
  }
}
