package dev.hindsight.ops;

import static dev.hindsight.testing.Tensors.ints;
import static dev.hindsight.testing.Tensors.tensor;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.hindsight.backend.Activation;
import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.backend.LogisticMixture;
import dev.hindsight.backend.Mixture;
import dev.hindsight.backend.Permute;
import dev.hindsight.backend.Taps;
import dev.hindsight.tensor.Gradient;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Shape;
import dev.hindsight.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What is no pixel shows as NaN and reads nothing; what has no elements is refused.
class UnfitInputsTest {
  @AutoClose private static final Backend REFERENCE = Backends.reference();
  @AutoClose private static final Backend CPU = Backends.open("cpu");
  @AutoClose private static final Backend GPU = Backends.openSoftwareGpu();

  /// The last is the only one that is a value of a pixel.
  private static final float[] VALUES = {
    0.5f, 0.999f, 1.5f, -0.25f, -1, 2, Float.NaN, Float.POSITIVE_INFINITY, 1e20f, 1
  };

  static Stream<Backend> backends() {
    return Stream.of(REFERENCE, CPU, GPU);
  }

  @ParameterizedTest(autoCloseArguments = false)
  @MethodSource("backends")
  void aPixelThatIsNoValueIsEmbeddedAsNaN(Backend backend) {
    int images = VALUES.length;
    float[] pixels = new float[2 * images];
    for (int b = 0; b < images; b++) {
      pixels[2 * b] = VALUES[b];
    }
    try (Scope scope = backend.open("test")) {
      Tensor x = tensor(backend, scope, pixels, images, 2);
      Tensor table = tensor(backend, scope, new float[] {1, 2, 3, 4}, 2, 2);
      Tensor position = tensor(backend, scope, new float[] {10, 20, 30, 40}, 2, 2);
      Tensor y = new Ops(backend, scope, null).embedPrevious(x, table, position);
      Tensor one = scope.floats(images, 2);
      backend.embedPrevious().embedPreviousAt(x, 1, table, position, one);
      float[] whole = backend.readFloats(y);
      float[] last = backend.readFloats(one);
      for (int b = 0; b < images; b++) {
        float[] want = b < images - 1 ? new float[] {Float.NaN, Float.NaN} : new float[] {33, 44};
        assertThat(Arrays.copyOfRange(whole, 4 * b, 4 * b + 4))
            .as("%s", VALUES[b])
            .containsExactly(10, 20, want[0], want[1]);
        assertThat(Arrays.copyOfRange(last, 2 * b, 2 * b + 2)).containsExactly(want);
      }
      Tensor dtable = scope.zeros(2, 2);
      float[] dy = new float[4 * images];
      Arrays.fill(dy, 1);
      Tensor up = tensor(backend, scope, dy, images, 2, 2);
      backend.embedPrevious().backward(x, up, dtable, null);
      assertThat(backend.readFloats(dtable)).containsExactly(0, 0, 1, 1);
    }
  }

  /// Two images of two pixels of two channels with three levels; 3 is none, and the first channel's
  /// row 3 is the second one's row 0.
  @ParameterizedTest(autoCloseArguments = false)
  @MethodSource("backends")
  void oneChannelWithoutAValueMakesAPixelNaN(Backend backend) {
    try (Scope scope = backend.open("test")) {
      Tensor x = tensor(backend, scope, new float[] {3, 1, 0, 0, 2, 1, 0, 0}, 2, 4);
      Tensor table = tensor(backend, scope, new float[] {1, 2, 3, 10, 20, 30}, 6, 1);
      Tensor position = tensor(backend, scope, new float[] {100, 200}, 2, 1);
      Tensor y = new Ops(backend, scope, null).embedPrevious(x, table, position);
      assertThat(backend.readFloats(y)).containsExactly(100, Float.NaN, 100, 223);
      Tensor one = scope.floats(2, 1);
      backend.embedPrevious().embedPreviousAt(x, 1, table, position, one);
      assertThat(backend.readFloats(one)).containsExactly(Float.NaN, 223);
      Tensor dtable = scope.zeros(6, 1);
      Tensor up = tensor(backend, scope, new float[] {1, 10, 100, 1000}, 2, 2, 1);
      backend.embedPrevious().backward(x, up, dtable, null);
      assertThat(backend.readFloats(dtable)).containsExactly(0, 0, 1000, 0, 1010, 0);
    }
  }

  /// Each image has two places. -1 is no class; what lies before and behind the table is not read.
  @ParameterizedTest(autoCloseArguments = false)
  @MethodSource("backends")
  void aLabelThatIsNoClassGivesNaN(Backend backend) {
    int images = VALUES.length;
    try (Scope scope = backend.open("test")) {
      Tensor x = scope.zeros(images, 2, 1);
      Tensor table = tensor(backend, scope, new float[] {7, 10, 20, 7}, 4, 1);
      Tensor labels = tensor(backend, scope, VALUES, images);
      Tensor y = new Ops(backend, scope, null).classBias(x, table.part(1, Shape.of(2, 1)), labels);
      float[] got = backend.readFloats(y);
      for (int b = 0; b < images; b++) {
        float want = VALUES[b] == -1 ? 0 : b < images - 1 ? Float.NaN : 20;
        assertThat(Arrays.copyOfRange(got, 2 * b, 2 * b + 2))
            .as("%s", VALUES[b])
            .containsExactly(want, want);
      }
      Tensor sums = scope.zeros(4, 1);
      Tensor up = scope.floats(images, 2, 1);
      backend.fill(up, 1);
      backend.classBias().backward(labels, 2, up, sums.part(1, Shape.of(2, 1)));
      assertThat(backend.readFloats(sums)).containsExactly(0, 0, 2, 0);
    }
  }

  @ParameterizedTest(autoCloseArguments = false)
  @MethodSource("backends")
  void aTargetThatIsNoClassHasALossOfNaN(Backend backend) {
    int n = VALUES.length;
    try (Scope scope = backend.open("test")) {
      Tensor logits = scope.zeros(n, 2);
      Tensor target = tensor(backend, scope, VALUES, n);
      Tensor nll = scope.floats(n);
      Tensor dlogits = scope.zeros(n, 2);
      backend.softmaxCrossEntropy().forward(logits, target, nll);
      backend.softmaxCrossEntropy().backward(logits, target, 1, Gradient.of(dlogits));
      float[] loss = backend.readFloats(nll);
      float[] d = backend.readFloats(dlogits);
      for (int k = 0; k < n - 1; k++) {
        assertThat(List.of(loss[k], d[2 * k], d[2 * k + 1]))
            .as("%s", VALUES[k])
            .containsOnly(Float.NaN);
      }
      assertThat(loss[n - 1]).isCloseTo((float) Math.log(2), within(1e-6f));
      assertThat(new float[] {d[2 * n - 2], d[2 * n - 1]}).containsExactly(0.5f, -0.5f);
    }
  }

  /// The outputs of a mixture that has two components: logits, means and log scales, one of them
  /// held.
  @ParameterizedTest(autoCloseArguments = false)
  @MethodSource("backends")
  void aPixelThatIsNoLevelLosesNaN(Backend backend) {
    int n = VALUES.length;
    Mixture mixture = new Mixture(2, 1, 2);
    float[] outputs = {0, 1, 0.5f, -0.5f, -9, 1};
    float[] all = new float[n * outputs.length];
    for (int k = 0; k < all.length; k++) {
      all[k] = outputs[k % outputs.length];
    }
    try (Scope scope = backend.open("test")) {
      Tensor logits = tensor(backend, scope, all, n, 1, 6);
      Tensor target = tensor(backend, scope, VALUES, n, 1);
      Tensor nll = scope.floats(n);
      Tensor dlogits = scope.zeros(n, 1, 6);
      LogisticMixture loss = backend.logisticMixture();
      loss.forward(logits, target, mixture, nll);
      loss.backward(logits, target, mixture, 1, Gradient.of(dlogits));
      float[] losses = backend.readFloats(nll);
      float[] d = backend.readFloats(dlogits);
      for (int k = 0; k < n - 1; k++) {
        assertThat(losses[k]).as("%s", VALUES[k]).isNaN();
        assertThat(Arrays.copyOfRange(d, 6 * k, 6 * k + 6)).containsOnly(Float.NaN);
      }
      assertThat(losses[n - 1]).isFinite();
      assertThat(Arrays.copyOfRange(d, 6 * n - 6, 6 * n)).doesNotContain(Float.NaN);
    }
  }

  /// Memory would be read there, and written by the gradient.
  @ParameterizedTest
  @ValueSource(ints = {-1, 3, Integer.MIN_VALUE, Integer.MAX_VALUE})
  void anIndexThatIsNoneIsRefusedByCpu(int index) {
    try (Scope scope = CPU.open("test")) {
      Tensor x = tensor(CPU, scope, new float[] {1, 2, 3, 4, 5, 6, 7, 8, 9}, 3, 3);
      Tensor y = scope.zeros(3, 3);
      Tensor wrong = ints(CPU, scope, 2, 0, index);
      Permute permute = CPU.permute();
      for (ThrowingCallable call :
          List.<ThrowingCallable>of(
              () -> permute.forward(x, wrong, y),
              () -> permute.backward(x, wrong, Gradient.of(y)),
              () -> new Ops(CPU, scope, null).permute(x, wrong))) {
        assertThatThrownBy(call)
            .isInstanceOf(IllegalArgumentException.class)
            .hasMessage("permute: columns must be from 0 to 2 but number 2 of them is " + index);
      }
      assertThat(CPU.readFloats(y)).containsOnly(0);
    }
  }

  @Test
  void tensorsWithoutElementsAreRefused() {
    try (Scope scope = REFERENCE.open("test")) {
      Ops ops = new Ops(REFERENCE, scope, null);
      Tensor none = scope.zeros(0, 4);
      Tensor w = scope.zeros(4, 4);
      Tensor b = scope.zeros(4);
      refused("linear", "(0, 4)", () -> ops.linear(none, w, b, Activation.RELU));
      refused("linear", "(0, 4)", () -> ops.linear(scope.zeros(3, 4), none, null, Activation.RELU));
      refused("linearGelu", "(0, 4)", () -> ops.linearGelu(none, w, b));
      refused("linearAdd", "(0, 4)", () -> ops.linearAdd(none, none, w, b));
      refused("activate", "(0, 4)", () -> ops.activate(Activation.GELU, none));
      refused("add", "(0, 4)", () -> ops.add(none, none));
      refused("rescale", "(0, 4)", () -> ops.rescale(none, 2, -1));
      refused("classBias", "(0, 4)", () -> ops.classBias(none, w, b));
      refused("gate", "(0, 4)", () -> ops.gate(none));
      refused("layerNorm", "(0, 4)", () -> ops.layerNorm(none, b, b));
      refused("layerNorm", "(0, 4)", () -> ops.layerNormRelu(none, b, b));
      refused("previousPixel", "(0, 4)", () -> ops.previousPixel(none, 1, 2));
      refused("sigmoidCrossEntropy", "(0, 4)", () -> ops.sigmoidCrossEntropy(none, none));
      refused("softmaxCrossEntropy", "(0, 4)", () -> ops.softmaxCrossEntropy(none, scope.zeros(0)));
      refused(
          "logisticMixture",
          "(0, 4)",
          () -> ops.logisticMixture(none, scope.zeros(0), new Mixture(1, 1, 2)));
      refused("batchMajor", "(0, 4)", () -> ops.batchMajor(none));
      refused("causalAttention", "(0, 4)", () -> ops.causalAttention(none, 1));
      refused("lstm", "(0, 4)", () -> ops.lstm(none, w, b, w, b, null));
      refused("maskedConv2d", "(0, 4)", () -> ops.maskedConv2d(none, w, b, Taps.upTo(1)));
      refused("gatedBlock", "(0, 4)", () -> ops.gatedBlock(none, w, Taps.upTo(1), none, w));
      refused("timeMajor", "(0, 4)", () -> ops.timeMajor(none));
      refused("triangularSoftmax", "(0, 4)", () -> ops.triangularSoftmax(none, 1));
      refused("embedPrevious", "(0, 4)", () -> ops.embedPrevious(none, scope.zeros(2, 4), w));
      refused(
          "residualBlock",
          "(2, 0, 4)",
          () -> ops.residualBlock(scope.zeros(2, 0, 4), scope.zeros(2, 8, 4), b, 1, w, b));
    }
  }

  private static void refused(String op, String shape, Runnable call) {
    assertThatThrownBy(call::run)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("%s: got a tensor %s, which has no elements", op, shape);
  }
}
