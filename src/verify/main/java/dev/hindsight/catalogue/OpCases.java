package dev.hindsight.catalogue;

import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/// The catalogue. A new op gets its rows here and is then checked everywhere.
public final class OpCases {
  /// `-Dhindsight.op=NAME` leaves the cases of one op, for who adds it.
  private static final String ONE = System.getProperty("hindsight.op", "");

  private OpCases() {}

  private static boolean asked(OpCase opCase) {
    return ONE.isEmpty() || opCase.op().equals(ONE);
  }

  /// Elements of a tensor: primes, and one off each side of what a backend takes at a time.
  static IntStream sizes() {
    return IntStream.of(1, 3, 31, 32, 33, 127, 1025, 4099);
  }

  /// Small cases: every op, awkward shapes. Run on every backend, the software GPU included.
  public static List<OpCase> all() {
    return Stream.of(
            LinearCases.linear(),
            LinearCases.linearGelu(),
            LinearCases.linearAdd(),
            MaskedLinearCases.maskedLinear(),
            CausalConv1dCases.causalConv1d(),
            ResidualBlockCases.residualBlock(),
            ResidualBlockCases.residualBlockPlain(),
            GateCases.all(),
            PreviousPixelCases.previousPixel(),
            MaskedConv2dCases.all(),
            GatedBlockCases.all(),
            EmbedPreviousCases.embedPrevious(),
            LayerNormCases.layerNorm(),
            LayerNormCases.layerNormRelu(),
            CausalAttentionCases.triangularSoftmax(),
            CausalAttentionCases.causalAttention(),
            CausalAttentionCases.attendStep(),
            ActivateCases.activate(),
            AddCases.all(),
            MemoryCases.all(),
            AdamCases.norm(),
            DropoutCases.dropout(),
            MemoryCases.copyColumn(),
            SigmoidCrossEntropyCases.sigmoidCrossEntropy(),
            SoftmaxCrossEntropyCases.softmaxCrossEntropy(),
            AdamCases.adam(),
            EmaCases.ema(),
            BernoulliCases.all(),
            SwapAxesCases.all(),
            PermuteCases.all(),
            LstmCases.all(),
            LstmCellCases.all(),
            LstmCellCases.diagonals())
        .flatMap(cases -> cases)
        .filter(OpCases::asked)
        .toList();
  }

  /// A recurrence of any size, for the ways that a backend has through one.
  public static OpCase lstm(int steps, int batch, int hidden) {
    return LstmCases.lstm(steps, batch, hidden);
  }

  /// Layers over many rows or of many channels, which a backend may compute in another way than the
  /// small cases; too much for the software GPU in a test.
  public static List<OpCase> manyRows() {
    return Stream.of(
            LinearCases.manyRows(),
            CausalConv1dCases.manyRows(),
            ResidualBlockCases.manyRows(),
            MaskedConv2dCases.manyChannels())
        .flatMap(cases -> cases)
        .filter(OpCases::asked)
        .toList();
  }

  /// Products that are large enough for the 128 x 128 tiles of a GPU of one multiprocessor, or of
  /// eight, on which K is cut; no size fits the tile or a step.
  public static List<OpCase> largeTiles() {
    return Stream.of(
            LinearCases.largeTiles(),
            CausalConv1dCases.largeTiles(),
            ResidualBlockCases.largeTiles(),
            MaskedConv2dCases.largeTiles(),
            GatedBlockCases.largeTiles())
        .flatMap(cases -> cases)
        .filter(OpCases::asked)
        .toList();
  }

  /// The same for the tiles of 256 x 128 that tensor cores have; the rows of the last tile are more
  /// than half of it, or two smaller ones would do.
  public static List<OpCase> tallTiles() {
    return Stream.of(
            LinearCases.tallTiles(),
            CausalConv1dCases.tallTiles(),
            ResidualBlockCases.tallTiles(),
            MaskedConv2dCases.tallTiles(),
            GatedBlockCases.tallTiles())
        .flatMap(cases -> cases)
        .filter(OpCases::asked)
        .toList();
  }

  /// Products whose K is cut, in one direction or both: with large tiles on a GPU of eight
  /// multiprocessors, with small ones where there are a hundred.
  public static List<OpCase> chunks() {
    return Stream.concat(LinearCases.chunks(), MaskedLinearCases.chunks()).toList();
  }

  /// The sizes that models train with, but of fewer images where one fills a GPU, for benchmarks
  /// and real devices.
  public static List<OpCase> seedSizes() {
    return Stream.of(
            MaskedLinearCases.seedSizes(),
            LinearCases.seedSizes(),
            CausalConv1dCases.seedSizes(),
            ResidualBlockCases.seedSizes(),
            GateCases.seedSizes(),
            PreviousPixelCases.seedSizes(),
            EmbedPreviousCases.seedSizes(),
            MaskedConv2dCases.seedSizes(),
            GatedBlockCases.seedSizes(),
            LayerNormCases.seedSizes(),
            CausalAttentionCases.seedSizes(),
            ActivateCases.seedSizes(),
            AddCases.seedSizes(),
            MemoryCases.seedSizes(),
            AdamCases.seedNorms(),
            SigmoidCrossEntropyCases.seedSizes(),
            AdamCases.seedSizes(),
            EmaCases.seedSizes(),
            LstmCases.seedSizes(),
            LstmCellCases.seedSizes(),
            SwapAxesCases.seedSizes(),
            PermuteCases.seedSizes())
        .flatMap(cases -> cases)
        .filter(OpCases::asked)
        .toList();
  }
}
