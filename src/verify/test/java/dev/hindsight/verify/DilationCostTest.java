package dev.hindsight.verify;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.backend.Gradients;
import dev.hindsight.backend.KernelCounts;
import dev.hindsight.backend.ResidualBlock;
import dev.hindsight.backend.SoftwareGpu;
import dev.hindsight.tensor.Gradient;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A dilation is an offset of a pointer, so every dilation must cost the same.
class DilationCostTest {
  /// Instructions of the kernels whose names begin so, in the order they ran.
  private static List<Long> counted(Backend backend, String kernel) {
    backend.synchronize();
    return Backends.takeCounts().stream()
        .filter(k -> k.kernel().startsWith(kernel))
        .map(KernelCounts::warpInstructions)
        .toList();
  }

  /// Of forward, dx and dw of a convolution over an image.
  private static List<Long> convolution(Backend backend, int channels, int dilation) {
    try (Scope scope = backend.open("test")) {
      Tensor x = scope.zeros(1, 784, channels);
      Tensor w = scope.zeros(2, 2 * channels, channels);
      Tensor y = scope.zeros(1, 784, 2 * channels);
      Tensor dx = scope.zeros(1, 784, channels);
      Tensor dw = scope.zeros(2, 2 * channels, channels);
      Backends.takeCounts();
      backend.causalConv1d().forward(x, w, null, dilation, y);
      backend.causalConv1d().backward(x, w, dilation, y, new Gradients(Gradient.of(dx), dw, null));
      return counted(backend, "causal_conv1d");
    }
  }

  /// Of the convolution and gate of a residual block over an image.
  private static List<Long> block(Backend backend, int channels, int dilation) {
    try (Scope scope = backend.open("test")) {
      Tensor x = scope.zeros(1, 784, channels);
      Backends.takeCounts();
      backend
          .residualBlock()
          .forward(
              x,
              new ResidualBlock.Weights(
                  scope.zeros(2, 2 * channels, channels),
                  scope.zeros(2 * channels),
                  scope.zeros(channels, channels),
                  scope.zeros(channels)),
              dilation,
              scope.zeros(1, 784, 2 * channels),
              scope.zeros(1, 784, channels),
              scope.zeros(1, 784, channels));
      return counted(backend, "residual_block_g");
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {32, 33})
  void dilation256CostsWhatDilation1Costs(int channels) {
    try (Backend backend = Backends.openSoftwareGpu(SoftwareGpu.counting(1))) {
      List<Long> near = new ArrayList<>(convolution(backend, channels, 1));
      List<Long> far = new ArrayList<>(convolution(backend, channels, 256));
      near.addAll(block(backend, channels, 1));
      far.addAll(block(backend, channels, 256));
      assertThat(near).hasSizeGreaterThanOrEqualTo(4);
      assertThat(far).hasSameSizeAs(near);
      for (int k = 0; k < near.size(); k++) {
        assertThat((double) far.get(k) / near.get(k)).isBetween(0.98, 1.02);
      }
    }
  }
}
