package dev.hindsight.ops;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.backend.Mixture;
import dev.hindsight.backend.Taps;
import dev.hindsight.nn.CausalConv1d;
import dev.hindsight.nn.Parameters;
import dev.hindsight.random.RandomKey;
import dev.hindsight.tensor.ElementType;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/// Shapes that do not fit each other are one line: what was wanted, and what was got.
class UnfitShapesTest {
  private static final Backend BACKEND = Backends.open("nd4j");
  private static final Scope SCOPE = BACKEND.open("test");
  private static final Ops OPS = new Ops(BACKEND, SCOPE, null);

  @AfterAll
  static void close() {
    SCOPE.close();
    BACKEND.close();
  }

  private static Tensor of(int... dims) {
    return SCOPE.zeros(dims);
  }

  private static void refused(ThrowingCallable call, String message) {
    assertThatThrownBy(call).isInstanceOf(IllegalArgumentException.class).hasMessage(message);
  }

  @Test
  void causalConv1d() {
    Tensor x = of(2, 7, 3);
    refused(
        () -> OPS.causalConv1d(x, of(2, 5, 3), null, 0),
        "causalConv1d: dilation must be at least 1 but is 0");
    refused(
        () -> OPS.causalConv1d(x, of(2, 5, 3), null, -4),
        "causalConv1d: dilation must be at least 1 but is -4");
    refused(
        () -> OPS.causalConv1d(of(0, 7, 3), of(2, 5, 3), null, 1),
        "causalConv1d: got a tensor (0, 7, 3), which has no elements");
    refused(
        () -> OPS.causalConv1d(x, of(0, 5, 3), null, 1),
        "causalConv1d: got a tensor (0, 5, 3), which has no elements");
    refused(
        () -> OPS.causalConv1d(x, of(2, 5, 4), null, 1),
        "causalConv1d: x (2, 7, 3) needs w (*, *, 3) but it is (2, 5, 4)");
    refused(
        () -> OPS.causalConv1d(x, of(2, 5, 3), of(4), 1),
        "causalConv1d: w (2, 5, 3) needs b (5) but it is (4)");
    refused(
        () -> OPS.causalConv1d(of(7, 3), of(2, 5, 3), null, 1),
        "causalConv1d: x must be (B,T,I) but is (7, 3)");
    refused(
        () -> OPS.causalConv1d(x, of(3, 5, 3), null, 1 << 30),
        "causalConv1d: 3 taps of dilation 1073741824 look back more than 1073741824 positions");
    try (Parameters parameters = new Parameters(BACKEND)) {
      for (int[] size : new int[][] {{0, 1}, {-2, 1}, {2, 0}, {2, -1}}) {
        refused(
            () -> new CausalConv1d(parameters, "conv", 3, 5, size[0], size[1], RandomKey.of(1)),
            "causal convolution: width and dilation must be at least 1 but are %d and %d"
                .formatted(size[0], size[1]));
      }
    }
  }

  @Test
  void softmaxCrossEntropy() {
    refused(
        () -> OPS.softmaxCrossEntropy(of(2, 5, 1), of(2, 5)),
        "softmaxCrossEntropy: logits (2, 5, 1) need two classes or more in rows");
    refused(
        () -> OPS.softmaxCrossEntropy(of(2, 5, 4), of(5, 2)),
        "softmaxCrossEntropy: logits (2, 5, 4) need target (2,5) but it is (5, 2)");
  }

  @Test
  void logisticMixture() {
    Mixture mixture = new Mixture(2, 3, 256); // 20 outputs
    refused(
        () -> OPS.logisticMixture(of(2, 5, 19), of(2, 15), mixture),
        "logisticMixture: Mixture[components=2, channels=3, levels=256] needs 20 outputs for each"
            + " pixel but logits are (2, 5, 19)");
    refused(
        () -> OPS.logisticMixture(of(2, 5, 20), of(2, 5), mixture),
        "logisticMixture: logits (2, 5, 20) need target (2,15) but it is (2, 5)");
    refused(
        () -> OPS.logisticMixtureLevelLogits(of(2, 5, 20), of(2, 5), mixture),
        "logisticMixtureLevelLogits: logits (2, 5, 20) need target (2,15) but it is (2, 5)");
  }

  @Test
  void residualBlock() {
    Tensor x = of(2, 7, 3);
    refused(
        () -> OPS.residualBlock(x, of(2, 5, 3), of(5), 1, of(3, 3), of(3)),
        "residualBlock: x (2, 7, 3) needs w (*, 6, 3) but it is (2, 5, 3)");
    refused(
        () -> OPS.residualBlock(x, of(2, 6, 3), of(6), 1, of(3, 4), of(3)),
        "residualBlock: x (2, 7, 3) needs v (3, 3) but it is (3, 4)");
  }

  @Test
  void maskedConv2d() {
    Taps taps = Taps.before(3);
    Tensor x = of(2, 4, 5, 3);
    Tensor w = of(4, 6, 3);
    refused(
        () -> OPS.maskedConv2d(of(2, 3), w, null, taps),
        "maskedConv2d: x must be (B,H,W,I) but is (2, 3)");
    refused(
        () -> OPS.maskedConv2d(x, of(5, 6, 3), null, taps),
        "maskedConv2d: x (2, 4, 5, 3) needs w (4, *, 3) but it is (5, 6, 3)");
    refused(
        () -> OPS.maskedConv2d(x, w, of(5), taps),
        "maskedConv2d: w (4, 6, 3) needs b (6) but it is (5)");
  }

  @Test
  void classBias() {
    Tensor x = of(2, 7, 3);
    refused(
        () -> OPS.classBias(x, of(5, 4), of(2)),
        "classBias: x (2, 7, 3) needs table (*, 3) but it is (5, 4)");
    refused(
        () -> OPS.classBias(x, of(5, 3), of(7)),
        "classBias: x (2, 7, 3) needs labels (2) but it is (7)");
    refused(
        () -> OPS.classBias(x, of(5, 3), SCOPE.tensor(ElementType.BF16, 2)),
        "classBias: labels must be FP32 but is BF16");
  }

  @Test
  void permute() {
    Tensor x = of(2, 3);
    refused(
        () -> OPS.permute(x, SCOPE.ints(2)),
        "permute: x (2, 3) needs columns (3) of INT32 but they are (2) of INT32 in 'test'");
    refused(
        () -> OPS.permute(x, of(3)),
        "permute: x (2, 3) needs columns (3) of INT32 but they are (3) in 'test'");
  }

  @Test
  void dropout() {
    refused(() -> new Tape(SCOPE).drawFrom(of(6)), "tape: draw must be INT32 but is FP32");
  }

  @Test
  void gatedBlock() {
    Taps taps = Taps.left(7, true);
    Tensor x = of(2, 4, 5, 3);
    Tensor w = of(4, 6, 3);
    Tensor vertical = of(2, 4, 5, 6);
    Tensor v = of(3, 3);
    refused(
        () -> OPS.gatedBlock(of(2, 3), w, taps, vertical, v),
        "gatedBlock: x must be (B,H,W,I) but is (2, 3)");
    refused(
        () -> OPS.gatedBlock(x, of(4, 5, 3), taps, vertical, v),
        "gatedBlock: x (2, 4, 5, 3) needs w (*, 6, 3) but it is (4, 5, 3)");
    refused(
        () -> OPS.gatedBlock(x, w, taps, x, v),
        "gatedBlock: x (2, 4, 5, 3) needs vertical (2, 4, 5, 6) but it is (2, 4, 5, 3)");
    refused(
        () -> OPS.gatedBlock(x, w, taps, vertical, of(3, 4)),
        "gatedBlock: x (2, 4, 5, 3) needs v (3, 3) but it is (3, 4)");
  }

  @Test
  void lstm() {
    Tensor x = of(5, 2, 3);
    Tensor wx = of(8, 3);
    Tensor wh = of(8, 2);
    Tensor b = of(8);
    refused(() -> OPS.lstm(of(5, 3), wx, b, wh, b, null), "lstm: x must be (T,B,I) but is (5, 3)");
    refused(() -> OPS.lstm(x, wx, b, of(8, 3), b, null), "lstm: wh must be (4H,H) but is (8, 3)");
    refused(
        () -> OPS.lstm(x, of(8, 4), b, wh, b, null),
        "lstm: wh (8, 2) needs wx (8, 3) but it is (8, 4)");
    refused(
        () -> OPS.lstm(x, wx, b, wh, of(4), null), "lstm: wh (8, 2) needs bh (8) but it is (4)");
    refused(() -> OPS.timeMajor(of(5, 3)), "timeMajor: x must be (B,T,C) but is (5, 3)");
    LstmState state = OPS.lstmState(wx, b, wh, b, 2, null);
    refused(() -> state.step(of(3, 3)), "lstm: a step wants x (2, 3) but got (3, 3)");
  }

  @Test
  void rowLstm() {
    Taps left = Taps.left(3, true);
    Taps row = Taps.row(3);
    Tensor x = of(3, 2, 5, 3);
    Tensor wx = of(2, 8, 3);
    Tensor b = of(8);
    Tensor wh = of(3, 8, 2);
    refused(
        () -> OPS.rowLstm(of(3, 2), wx, b, left, wh, row, null),
        "rowLstm: x must be (T,B,W,I) but is (3, 2)");
    assertThatThrownBy(() -> OPS.rowLstm(x, wx, b, left, wh, Taps.before(3), null))
        .hasMessageStartingWith("rowLstm: taps must be in the centre's row");
    refused(
        () -> OPS.rowLstm(x, wx, b, left, of(2, 8, 2), row, null),
        "rowLstm: x (3, 2, 5, 3) needs wh (3, 8, 2) but it is (2, 8, 2)");
    refused(
        () -> OPS.rowLstm(x, of(2, 8, 4), b, left, wh, row, null),
        "rowLstm: x (3, 2, 5, 3) needs wx (2, 8, 3) but it is (2, 8, 4)");
    refused(
        () -> OPS.rowLstm(x, wx, of(4), left, wh, row, null),
        "rowLstm: wh (3, 8, 2) needs b (8) but it is (4)");
  }

  @Test
  void diagonalBiLstm() {
    Tensor x = of(3, 2, 5, 3);
    Tensor wx = of(8, 3);
    Tensor b = of(8);
    Tensor wh = of(2, 8, 2);
    LstmWeights right = new LstmWeights(wx, b, wh);
    refused(
        () -> OPS.diagonalBiLstm(of(3, 2), right, right),
        "diagonalBiLstm: x must be (T,B,W,I) but is (3, 2)");
    refused(
        () -> OPS.diagonalBiLstm(x, right, new LstmWeights(wx, b, of(3, 8, 2))),
        "diagonalBiLstm: x (3, 2, 5, 3) needs wh (2, 8, 2) but it is (3, 8, 2)");
    refused(
        () -> OPS.diagonalBiLstm(x, new LstmWeights(of(8, 4), b, wh), right),
        "diagonalBiLstm: x (3, 2, 5, 3) needs wx (8, 3) but it is (8, 4)");
    refused(
        () -> OPS.diagonalBiLstm(x, right, new LstmWeights(wx, of(4), wh)),
        "diagonalBiLstm: wh (2, 8, 2) needs b (8) but it is (4)");
    refused(
        () -> OPS.diagonalBiLstm(x, right, new LstmWeights(of(12, 3), of(12), of(2, 12, 3))),
        "diagonalBiLstm: both LSTMs must be of as many units but wh are (2, 8, 2) and (2, 12, 3)");
  }
}
