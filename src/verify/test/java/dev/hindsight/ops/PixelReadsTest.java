package dev.hindsight.ops;

import static dev.hindsight.testing.Tensors.tensor;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import java.util.Arrays;
import java.util.function.BiFunction;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/// The gradients of what a model of several channels reads before each pixel, and what it refuses
/// to read. Which values it reads is in `HeadsTest`.
class PixelReadsTest {
  @AutoClose private static final Backend REFERENCE = Backends.reference();
  private static final int CHANNELS = 3;
  private static final int PLACES = 4;

  /// Number k of dy is k + 1.
  private static float[] gradientOfPixels(BiFunction<Ops, Tensor, Tensor> op) {
    try (Scope scope = REFERENCE.open("test")) {
      Tensor pixels = scope.zeros(2, PLACES * CHANNELS);
      Tensor dx = scope.zeros(2, PLACES * CHANNELS);
      Tape tape = new Tape(scope);
      tape.bind(pixels, dx);
      Tensor y = op.apply(new Ops(REFERENCE, scope, tape), pixels);
      float[] up = new float[Math.toIntExact(y.size())];
      for (int k = 0; k < up.length; k++) {
        up[k] = k + 1;
      }
      tape.backward(y, tensor(REFERENCE, scope, up, y.shape().dims()));
      return REFERENCE.readFloats(dx);
    }
  }

  /// Its value goes on as it is; the last pixel is read by nobody.
  @Test
  void previousPixelHandsAGradientToEachChannel() {
    float[] dx = gradientOfPixels((ops, x) -> ops.previousPixel(x, CHANNELS, 2));
    assertThat(dx)
        .containsExactly(
            6, 7, 8, 11, 12, 13, 16, 17, 18, 0, 0, 0, 26, 27, 28, 31, 32, 33, 36, 37, 38, 0, 0, 0);
  }

  /// Of a table whose rows are 0 for black, and 1, 10 and 100 for white of each channel, over two
  /// numbers that dy counts.
  @Test
  void embedPreviousHandsAGradientToEachChannel() {
    float[] rows = {0, 0, 1, 1, 0, 0, 10, 10, 0, 0, 100, 100};
    float[] dx =
        gradientOfPixels(
            (ops, x) ->
                ops.embedPrevious(
                    x, tensor(REFERENCE, ops.scope(), rows, 6, 2), ops.scope().zeros(PLACES, 2)));
    assertThat(Arrays.copyOf(dx, 12))
        .containsExactly(7, 70, 700, 11, 110, 1100, 15, 150, 1500, 0, 0, 0);
    assertThat(Arrays.copyOfRange(dx, 12, 24))
        .containsExactly(23, 230, 2300, 27, 270, 2700, 31, 310, 3100, 0, 0, 0);
  }

  @Test
  void tablesThatFitNoPixelsAreRefused() {
    try (Scope scope = REFERENCE.open("test")) {
      Ops ops = new Ops(REFERENCE, scope, null);
      Tensor pixels = scope.zeros(2, 12);
      Tensor position = scope.zeros(4, 5);
      assertThatThrownBy(() -> ops.embedPrevious(pixels, scope.zeros(7, 5), position))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("(2, 12)")
          .hasMessageContaining("C·T = 12, but they are (7, 5) and (4, 5)");
      assertThatThrownBy(() -> ops.embedPrevious(pixels, scope.zeros(6, 5), scope.zeros(5, 5)))
          .hasMessageContaining("C·T = 12, but they are (6, 5) and (5, 5)");
      assertThatThrownBy(() -> ops.embedPrevious(pixels, scope.zeros(3 * 257, 5), position))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(
              "embedPrevious: pixels have up to 256 levels, but those of 3 channels have table"
                  + " (771, 5)");
    }
  }

  @Test
  void pixelsOfMoreThanTwoLevelsHaveNoGradient() {
    assertThatThrownBy(
            () ->
                gradientOfPixels(
                    (ops, x) ->
                        ops.embedPrevious(
                            x, ops.scope().zeros(9, 2), ops.scope().zeros(PLACES, 2))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "embedPrevious: pixels have a gradient where they have 2 levels, but those of 3"
                + " channels have table (9, 2)");
  }

  @Test
  void pixelsThatAreNoWholeRowsAreRefused() {
    try (Scope scope = REFERENCE.open("test")) {
      Ops ops = new Ops(REFERENCE, scope, null);
      assertThatThrownBy(() -> ops.previousPixel(scope.zeros(2, 12), 3, 3))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("previousPixel: pixels (2, 12) are no rows of 3 with 3 channels");
    }
  }
}
