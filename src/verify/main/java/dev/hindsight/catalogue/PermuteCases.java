package dev.hindsight.catalogue;

import static dev.hindsight.catalogue.Call.call;

import dev.hindsight.backend.Degrees;
import dev.hindsight.random.Philox;
import dev.hindsight.random.RandomKey;
import java.util.Locale;
import java.util.stream.Stream;

/// Rows and columns in another order.
final class PermuteCases implements Cases {
  /// What changes places.
  private enum What {
    ROWS,
    COLUMNS,
    BOTH,
    /// Both, of a weight.
    STAIRCASE
  }

  @Override
  public Stream<OpCase> all() {
    return Stream.of(new int[][] {{1, 1}, {1, 257}, {7, 4}, {31, 33}, {65, 129}, {130, 67}})
        .flatMap(s -> Stream.of(What.values()).map(what -> permute(s[0], s[1], what)));
  }

  /// What MADE trains with.
  @Override
  public Stream<OpCase> seedSizes() {
    return Stream.of(permute(1024, 784, What.STAIRCASE), permute(64, 784, What.COLUMNS));
  }

  private static OpCase permute(int n, int i, What what) {
    String shape = "%dx%d %s".formatted(n, i, what.name().toLowerCase(Locale.ROOT));
    Degrees degrees = what == What.STAIRCASE ? MaskedLinearCases.degrees(i, n, false) : null;
    String rows = what == What.COLUMNS ? null : "rows";
    String columns = what == What.ROWS ? null : "columns";
    return new CaseBuilder("permute", shape)
        .in("x", 1, n, i)
        .ints("rows", order(n, "rows"))
        .ints("columns", order(i, "columns"))
        .out("y", n, i)
        .gradients("y", "x")
        .forward(0, call("permute.forward", "x", rows, columns, degrees, "y"))
        .backward(0, call("permute.backward", "dy", rows, columns, degrees, "dx"))
        .build();
  }

  private static int[] order(int count, String side) {
    return Philox.permutation(RandomKey.of(4).fold(side), count);
  }
}
