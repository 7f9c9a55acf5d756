package dev.hindsight.catalogue;

import static dev.hindsight.catalogue.Call.call;

import dev.hindsight.catalogue.Operand.Role;
import java.util.stream.Stream;

final class AddCases implements Cases {
  @Override
  public Stream<OpCase> all() {
    return OpCases.sizes().boxed().flatMap(AddCases::of);
  }

  /// As many elements as MADE has hidden values at batch 64.
  @Override
  public Stream<OpCase> seedSizes() {
    return of(64 * 1024);
  }

  private static Stream<OpCase> of(int size) {
    return Stream.of(
        new CaseBuilder("add", "" + size)
            .in("a", 1, size)
            .in("b", 1, size)
            .out("y", size)
            .forward(size, call("add.forward", "a b y"))
            .build(),
        new CaseBuilder("accumulate", "" + size)
            .in("src", 1, size)
            .normal(Role.UPDATED, "dst", 1, size)
            .forward(size, call("add.accumulate", "src dst"))
            .build());
  }
}
