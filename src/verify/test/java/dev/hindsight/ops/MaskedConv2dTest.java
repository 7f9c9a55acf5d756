package dev.hindsight.ops;

import static dev.hindsight.testing.Tensors.tensor;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.backend.Taps;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MaskedConv2dTest {
  private static Backend open(String name) {
    return name.equals("software-gpu") ? Backends.openSoftwareGpu() : Backends.open(name);
  }

  /// The image 1 2 3 / 4 5 6, and the taps above left, above, above right and left weighing 1, 10,
  /// 100 and 1000: pixel 5 sees 1·1 + 2·10 + 3·100 + 4·1000.
  @ParameterizedTest
  @ValueSource(strings = {"nd4j", "cpu", "software-gpu"})
  void isWhatOneComputesByHand(String name) {
    try (Backend backend = open(name);
        Scope scope = backend.open("test")) {
      Tensor x = tensor(backend, scope, new float[] {1, 2, 3, 4, 5, 6}, 1, 2, 3, 1);
      Tensor w = tensor(backend, scope, new float[] {1, 10, 100, 1000}, 4, 1, 1);
      Tensor b = tensor(backend, scope, new float[] {0.5f}, 1);
      Tensor y = new Ops(backend, scope, null).maskedConv2d(x, w, b, Taps.before(3));
      assertThat(y.shape()).hasToString("(1, 2, 3, 1)");
      assertThat(backend.readFloats(y))
          .containsExactly(0.5f, 1000.5f, 2000.5f, 210.5f, 4321.5f, 5032.5f);
    }
  }

  @Test
  void saysWhatDoesNotFit() {
    try (Backend backend = Backends.open("nd4j");
        Scope scope = backend.open("test")) {
      Ops ops = new Ops(backend, scope, null);
      Taps taps = Taps.before(3);
      Tensor x = scope.floats(2, 4, 5, 3);
      Tensor w = scope.floats(4, 6, 3);
      assertThatThrownBy(() -> ops.maskedConv2d(scope.floats(2, 3), w, null, taps))
          .hasMessage("maskedConv2d: x must be (B, H, W, I) but is (2, 3)");
      assertThatThrownBy(() -> ops.maskedConv2d(x, scope.floats(5, 6, 3), null, taps))
          .hasMessage(
              "maskedConv2d: x (2, 4, 5, 3) and 4 taps need w (4, *, 3) but w is (5, 6, 3)");
      assertThatThrownBy(() -> ops.maskedConv2d(x, w, scope.floats(5), taps))
          .hasMessage("maskedConv2d: w (4, 6, 3) needs b (6) but b is (5)");
    }
  }
}
