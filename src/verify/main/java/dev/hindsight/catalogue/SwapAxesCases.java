package dev.hindsight.catalogue;

import static dev.hindsight.catalogue.Call.call;

import java.util.stream.Stream;

final class SwapAxesCases implements Cases {
  @Override
  public Stream<OpCase> all() {
    return Stream.of(new int[][] {{1, 1, 1}, {3, 5, 1}, {7, 4, 3}, {33, 31, 2}, {64, 33, 1}})
        .map(s -> swapAxes(s[0], s[1], s[2]));
  }

  @Override
  public Stream<OpCase> seedSizes() {
    return Stream.of(swapAxes(64, 784, 3));
  }

  private static OpCase swapAxes(int a, int b, int c) {
    return new CaseBuilder("swapAxes", "%dx%dx%d".formatted(a, b, c))
        .in("x", 1, a, b, c)
        .out("y", b, a, c)
        .gradients("y", "x")
        .forward(0, call("swapAxes.forward", "x y"))
        .backward(0, call("swapAxes.backward", "dy dx"))
        .build();
  }
}
