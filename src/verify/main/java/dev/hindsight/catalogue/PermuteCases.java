package dev.hindsight.catalogue;

import static dev.hindsight.catalogue.Call.call;

import dev.hindsight.random.Philox;
import dev.hindsight.random.RandomKey;
import java.util.stream.Stream;

/// Columns in another order.
final class PermuteCases implements Cases {
  @Override
  public Stream<OpCase> all() {
    return Stream.of(new int[][] {{1, 1}, {1, 257}, {7, 4}, {31, 33}, {65, 129}, {130, 67}})
        .map(s -> permute(s[0], s[1]));
  }

  /// What models of several raster orders train with.
  @Override
  public Stream<OpCase> seedSizes() {
    return Stream.of(permute(64, 784));
  }

  private static OpCase permute(int n, int i) {
    return new CaseBuilder("permute", "%dx%d".formatted(n, i))
        .in("x", 1, n, i)
        .ints("columns", Philox.permutation(RandomKey.of(4).fold("columns"), i))
        .out("y", n, i)
        .gradients("y", "x")
        .forward(0, call("permute.forward", "x", "columns", "y"))
        .backward(0, call("permute.backward", "dy", "columns", "dx"))
        .build();
  }
}
