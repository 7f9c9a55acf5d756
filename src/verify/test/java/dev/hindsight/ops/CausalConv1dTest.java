package dev.hindsight.ops;

import static dev.hindsight.testing.Tensors.tensor;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;
import static org.assertj.core.api.Assertions.within;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.nn.CausalConv1d;
import dev.hindsight.nn.Parameters;
import dev.hindsight.random.Philox;
import dev.hindsight.random.RandomKey;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import java.util.Arrays;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Causal dilated convolutions: by hand, position by position, and what they refuse.
class CausalConv1dTest {
  private static final RandomKey KEY = RandomKey.of(13);
  private static final Backend REFERENCE = Backends.reference();
  private static final Backend CPU = Backends.open("cpu");
  private static final Backend GPU = Backends.openSoftwareGpu();

  @AfterAll
  static void close() {
    Stream.of(REFERENCE, CPU, GPU).forEach(Backend::close);
  }

  static Stream<Backend> backends() {
    return Stream.of(REFERENCE, CPU, GPU);
  }

  /// `y[t] = 10·x[t-2] + x[t] + 0.5`
  @ParameterizedTest(autoCloseArguments = false)
  @MethodSource("backends")
  void oneLayerByHand(Backend backend) {
    try (Scope scope = backend.open("test")) {
      Tensor x = tensor(backend, scope, new double[] {1, 2, 3, 4}, 1, 4, 1);
      Tensor w = tensor(backend, scope, new double[] {10, 1}, 2, 1, 1);
      Tensor b = tensor(backend, scope, new double[] {0.5}, 1);
      Tensor y = new Ops(backend, scope, null).causalConv1d(x, w, b, 2);
      assertThat(backend.readDoubles(y)).containsExactly(1.5, 2.5, 13.5, 24.5);
    }
  }

  /// Dilations 1, 2 and 4 reach each of the next seven positions on exactly one way; the weights
  /// along it multiply: 2 for a step of 1, 3 for one of 2, 5 for one of 4.
  @ParameterizedTest(autoCloseArguments = false)
  @MethodSource("backends")
  void threeLayersByHand(Backend backend) {
    try (Scope scope = backend.open("test")) {
      Ops ops = new Ops(backend, scope, null);
      Tensor h = tensor(backend, scope, new double[] {1, 0, 0, 0, 0, 0, 0, 0, 0, 0}, 1, 10, 1);
      for (double[] layer : new double[][] {{2, 1}, {3, 2}, {5, 4}}) {
        Tensor w = tensor(backend, scope, new double[] {layer[0], 1}, 2, 1, 1);
        h = ops.causalConv1d(h, w, null, (int) layer[1]);
      }
      assertThat(backend.readDoubles(h)).containsExactly(1, 2, 3, 6, 5, 10, 15, 30, 0, 0);
    }
  }

  static Stream<Arguments> dilations() {
    return backends()
        .flatMap(
            b -> IntStream.of(1, 2, 4, 8, 16, 32, 64, 128, 256).mapToObj(d -> Arguments.of(b, d)));
  }

  /// One image for each position, poisoned from there on: what lies before is as without, and the
  /// position itself and all behind it are NaN.
  @ParameterizedTest(autoCloseArguments = false)
  @MethodSource("dilations")
  void nothingBeforeAPositionSeesIt(Backend backend, int dilation) {
    int length = dilation + 9;
    int channels = 3;
    double[] image = Philox.normals(KEY.fold("x"), length * channels);
    double[] poisoned = new double[length * length * channels];
    for (int from = 0; from < length; from++) {
      int start = from * length * channels;
      System.arraycopy(image, 0, poisoned, start, from * channels);
      Arrays.fill(poisoned, start + from * channels, start + length * channels, Double.NaN);
    }
    double[] w = Philox.normals(KEY.fold("w"), 2 * 5 * channels);
    double[] want = conv(backend, image, 1, length, channels, w, dilation);
    double[] got = conv(backend, poisoned, length, length, channels, w, dilation);
    for (int from = 0; from < length; from++) {
      for (int k = 0; k < length * 5; k++) {
        double y = got[from * length * 5 + k];
        boolean right = k / 5 < from ? Math.abs(y - want[k]) < 1e-5 : Double.isNaN(y);
        if (!right) {
          fail("poison from %d: output %d is %s, clean %s", from, k / 5, y, want[k]);
        }
      }
    }
  }

  private static double[] conv(
      Backend backend, double[] x, int images, int length, int channels, double[] w, int dilation) {
    try (Scope scope = backend.open("test")) {
      Tensor in = tensor(backend, scope, x, images, length, channels);
      Tensor weights = tensor(backend, scope, w, 2, 5, channels);
      return backend.readDoubles(
          new Ops(backend, scope, null).causalConv1d(in, weights, null, dilation));
    }
  }

  /// A sequence that is still growing has the same outputs so far.
  @ParameterizedTest(autoCloseArguments = false)
  @MethodSource("backends")
  void aWholeSequenceEqualsItsBeginnings(Backend backend) {
    int length = 21;
    int channels = 4;
    double[] x = Philox.normals(KEY.fold("x"), length * channels);
    double[] w = Philox.normals(KEY.fold("w"), 2 * 5 * channels);
    double[] whole = conv(backend, x, 1, length, channels, w, 6);
    for (int end = 1; end <= length; end++) {
      double[] beginning = Arrays.copyOf(x, end * channels);
      double[] got = conv(backend, beginning, 1, end, channels, w, 6);
      for (int o = 0; o < 5; o++) {
        int at = (end - 1) * 5 + o;
        assertThat(got[at]).isCloseTo(whole[at], within(1e-5));
      }
    }
  }

  @Test
  void refusesWhatDoesNotFitInOneLine() {
    try (Scope scope = REFERENCE.open("test")) {
      Ops ops = new Ops(REFERENCE, scope, null);
      Tensor x = scope.zeros(2, 7, 3);
      refused(
          () -> ops.causalConv1d(x, scope.zeros(2, 5, 3), null, 0),
          "causalConv1d: dilation must be at least 1 but is 0");
      refused(
          () -> ops.causalConv1d(x, scope.zeros(2, 5, 3), null, -4),
          "causalConv1d: dilation must be at least 1 but is -4");
      refused(
          () -> ops.causalConv1d(scope.zeros(0, 7, 3), scope.zeros(2, 5, 3), null, 1),
          "causalConv1d: got a tensor (0, 7, 3), which has no elements");
      refused(
          () -> ops.causalConv1d(x, scope.zeros(0, 5, 3), null, 1),
          "causalConv1d: x (2, 7, 3) needs w (1 tap or more, *, 3) but w is (0, 5, 3)");
      refused(
          () -> ops.causalConv1d(x, scope.zeros(2, 5, 4), null, 1),
          "causalConv1d: x (2, 7, 3) needs w (1 tap or more, *, 3) but w is (2, 5, 4)");
      refused(
          () -> ops.causalConv1d(x, scope.zeros(2, 5, 3), scope.zeros(4), 1),
          "causalConv1d: w (2, 5, 3) needs b (5) but b is (4)");
      refused(
          () -> ops.causalConv1d(scope.zeros(7, 3), scope.zeros(2, 5, 3), null, 1),
          "causalConv1d: wants sequences x (B, T, I) but x is (7, 3)");
      refused(
          () -> ops.causalConv1d(x, scope.zeros(3, 5, 3), null, 1 << 30),
          "causalConv1d: 3 taps of dilation 1073741824 look back more than 1073741824 positions");
      refused(
          () ->
              ops.residualBlock(
                  x, scope.zeros(2, 5, 3), scope.zeros(5), 1, scope.zeros(3, 3), scope.zeros(3)),
          "residualBlock: x (2, 7, 3) needs w (*, 6, 3) but w is (2, 5, 3)");
      refused(
          () ->
              ops.residualBlock(
                  x, scope.zeros(2, 6, 3), scope.zeros(6), 1, scope.zeros(3, 4), scope.zeros(3)),
          "residualBlock: x (2, 7, 3) needs v (3, 3) and c (3) but they are (3, 4) and (3)");
    }
  }

  @Test
  void aLayerHasAWidthAndADilation() {
    try (Parameters parameters = new Parameters(REFERENCE)) {
      for (int[] size : new int[][] {{0, 1}, {-2, 1}, {2, 0}, {2, -1}}) {
        refused(
            () -> new CausalConv1d(parameters, "conv", 3, 5, size[0], size[1], KEY),
            "causal convolution: width and dilation must be at least 1 but are %d and %d"
                .formatted(size[0], size[1]));
      }
    }
  }

  private static void refused(Runnable call, String message) {
    assertThatThrownBy(call::run).isInstanceOf(IllegalArgumentException.class).hasMessage(message);
  }
}
