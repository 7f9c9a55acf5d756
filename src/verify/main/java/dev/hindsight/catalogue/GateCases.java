package dev.hindsight.catalogue;

import static dev.hindsight.catalogue.Call.call;

import java.util.stream.Stream;

/// The gate of WaveNet and Gated PixelCNN.
final class GateCases implements Cases {
  @Override
  public Stream<OpCase> all() {
    return Stream.of(new int[][] {{1, 1}, {3, 5}, {31, 4}, {7, 32}, {33, 31}, {259, 33}})
        .map(s -> gate(s[0], s[1]));
  }

  @Override
  public Stream<OpCase> seedSizes() {
    return Stream.of(gate(784, 320));
  }

  private static OpCase gate(int n, int c) {
    return new CaseBuilder("gate", n + "x" + c)
        .in("ab", 1.5, n, 2 * c)
        .out("y", n, c)
        .gradients("y", "ab")
        .forward(10L * n * c, call("gate.forward", "ab y"))
        .backward(20L * n * c, call("gate.backward", "ab dy dab"))
        .build();
  }
}
