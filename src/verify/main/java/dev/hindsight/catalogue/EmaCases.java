package dev.hindsight.catalogue;

import static dev.hindsight.catalogue.Call.call;

import dev.hindsight.catalogue.Operand.Role;
import java.util.stream.Stream;

final class EmaCases implements Cases {
  @Override
  public Stream<OpCase> all() {
    return OpCases.sizes()
        .boxed()
        .flatMap(size -> Stream.of(ema(size, 0.0078f), ema(size, 1), ema(size, 0)));
  }

  /// As many parameters as MADE has.
  @Override
  public Stream<OpCase> seedSizes() {
    return Stream.of(ema(3_706_880, 0.0078f));
  }

  private static OpCase ema(int size, float share) {
    return new CaseBuilder("ema", size + " share " + share)
        .fp32("average")
        .inFp32("w", 1, size)
        .normal(Role.UPDATED, "average", 1, size)
        .forward(3L * size, call("ema.step", "w average", share))
        .build();
  }
}
