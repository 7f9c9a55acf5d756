package dev.hindsight.catalogue;

import static dev.hindsight.catalogue.Call.call;

import java.util.stream.Stream;

/// Levels of pixels as numbers around 0.
final class RescaleCases implements Cases {
  @Override
  public Stream<OpCase> all() {
    return OpCases.sizes().mapToObj(size -> rescale(size, 2f / 255, -1));
  }

  /// CIFAR-10's images at batch 32.
  @Override
  public Stream<OpCase> seedSizes() {
    return Stream.of(rescale(32 * 32 * 32 * 3, 2f / 255, -1));
  }

  private static OpCase rescale(int size, float scale, float shift) {
    return new CaseBuilder("rescale", "%d by %s + %s".formatted(size, scale, shift))
        .in("x", 100, size)
        .out("y", size)
        .gradients("y", "x")
        .forward(2L * size, call("rescale.forward", "x", scale, shift, "y"))
        .backward(2L * size, call("rescale.backward", "dy", scale, "dx"))
        .build();
  }
}
