package dev.hindsight.catalogue;

import java.util.List;
import java.util.stream.Stream;

/// The catalogue. A new op gets its rows here and is then checked everywhere.
public final class OpCases {
  private OpCases() {}

  /// Small cases: every op, awkward shapes. Run on every backend, the software GPU included.
  public static List<OpCase> all() {
    return Stream.of(
            DenseCases.linear(),
            DenseCases.maskedLinear(),
            PointwiseCases.activate(),
            PointwiseCases.sums(),
            PointwiseCases.sigmoidCrossEntropy(),
            PointwiseCases.adam(),
            PointwiseCases.random())
        .flatMap(cases -> cases)
        .toList();
  }

  /// The sizes that models train with, for benchmarks and real devices.
  public static List<OpCase> seedSizes() {
    return Stream.concat(DenseCases.seedSizes(), PointwiseCases.seedSizes()).toList();
  }
}
