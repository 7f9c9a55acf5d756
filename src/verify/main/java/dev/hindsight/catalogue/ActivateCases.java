package dev.hindsight.catalogue;

import dev.hindsight.backend.Activation;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Stream;

/// Activations.
final class ActivateCases {
  private ActivateCases() {}

  static Stream<OpCase> activate() {
    return Arrays.stream(Activation.values())
        .flatMap(f -> OpCases.sizes().mapToObj(size -> activate(f, size)));
  }

  /// The sizes that MADE trains with at batch 64.
  static Stream<OpCase> seedSizes() {
    return Stream.of(activate(Activation.RELU, 64 * 1024), activate(Activation.GELU, 64 * 1024));
  }

  private static OpCase activate(Activation f, int size) {
    return new CaseBuilder("activate", size + " " + f.name().toLowerCase(Locale.ROOT))
        .in("x", 2, size)
        .out("y", size)
        .cotangent("y")
        .gradient("x", "y")
        .forward(size, (b, t) -> b.activate().forward(f, t.apply("x"), t.apply("y")))
        .backward(
            2L * size,
            (b, t) ->
                b.activate()
                    .backward(f, t.apply("x"), t.apply("y"), t.apply("dy"), t.gradient("dx")))
        .build();
  }
}
