package dev.hindsight.catalogue;

import static dev.hindsight.catalogue.Call.call;

import dev.hindsight.catalogue.Operand.Role;
import java.util.stream.Stream;

/// What a backend does to its memory without computing.
final class MemoryCases implements Cases {
  @Override
  public Stream<OpCase> all() {
    return Stream.concat(fillAndCopy(), copyColumns());
  }

  private static Stream<OpCase> fillAndCopy() {
    return OpCases.sizes().boxed().flatMap(MemoryCases::of);
  }

  /// As many elements as MADE has hidden values at batch 64.
  @Override
  public Stream<OpCase> seedSizes() {
    return of(64 * 1024);
  }

  private static Stream<OpCase> of(int size) {
    return Stream.of(
        new CaseBuilder("fill", "" + size)
            .out("dst", size)
            .forward(0, call("fill", "dst", 0.3f))
            .build(),
        new CaseBuilder("copy", "" + size)
            .in("src", 1, size)
            .out("dst", size)
            .forward(0, call("copy", "src dst"))
            .build(),
        new CaseBuilder("copy", size + " from fp32")
            .inFp32("src", 1, size)
            .out("dst", size)
            .forward(0, call("copy", "src dst"))
            .build());
  }

  /// Columns between matrices of different width.
  private static Stream<OpCase> copyColumns() {
    return Stream.of(
            new int[][] {
              {1, 1, 0, 1, 0, 1}, {3, 5, 4, 7, 0, 1}, {33, 1, 0, 9, 8, 1}, {37, 31, 1, 29, 2, 23}
            })
        .map(
            s ->
                new CaseBuilder(
                        "copyColumns",
                        "%d rows, %d from %d of %d to %d of %d"
                            .formatted(s[0], s[5], s[2], s[1], s[4], s[3]))
                    .in("src", 1, s[0], s[1])
                    .normal(Role.UPDATED, "dst", 1, s[0], s[3])
                    .forward(0, call("copyColumns", "src", s[2], "dst", s[4], s[5]))
                    .build());
  }
}
