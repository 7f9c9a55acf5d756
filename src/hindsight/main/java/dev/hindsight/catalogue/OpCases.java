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
            DenseCases.linearGelu(),
            DenseCases.linearAdd(),
            DenseCases.maskedLinear(),
            CausalConvCases.causalConv1d(),
            CausalConvCases.residualBlock(),
            CausalConvCases.residualBlockPlain(),
            GateCases.all(),
            InputCases.previousPixel(),
            MaskedConv2dCases.all(),
            MaskedConv2dCases.pixels(),
            InputCases.embedPrevious(),
            NormalizationCases.layerNorm(),
            AttentionCases.triangularSoftmax(),
            AttentionCases.causalAttention(),
            AttentionCases.attendStep(),
            PointwiseCases.activate(),
            PointwiseCases.sums(),
            PointwiseCases.dropout(),
            PointwiseCases.copyColumn(),
            PointwiseCases.sigmoidCrossEntropy(),
            PointwiseCases.softmaxCrossEntropy(),
            PointwiseCases.adam(),
            PointwiseCases.random(),
            RecurrenceCases.all())
        .flatMap(cases -> cases)
        .toList();
  }

  /// Layers over many rows, which a backend may compute in another way than the small cases; too
  /// many for the software GPU in a test.
  public static List<OpCase> manyRows() {
    return DenseCases.manyRows().toList();
  }

  /// The sizes that models train with, but of fewer images where one fills a GPU, for benchmarks
  /// and real devices.
  public static List<OpCase> seedSizes() {
    return Stream.of(
            DenseCases.seedSizes(),
            CausalConvCases.seedSizes(),
            GateCases.seedSizes(),
            InputCases.seedSizes(),
            MaskedConv2dCases.seedSizes(),
            NormalizationCases.seedSizes(),
            AttentionCases.seedSizes(),
            PointwiseCases.seedSizes(),
            RecurrenceCases.seedSizes())
        .flatMap(cases -> cases)
        .toList();
  }
}
