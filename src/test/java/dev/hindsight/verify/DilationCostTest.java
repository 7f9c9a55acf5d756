package dev.hindsight.verify;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.backend.KernelCounts;
import dev.hindsight.backend.SoftwareGpu;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import java.util.List;
import org.junit.jupiter.api.Test;

/// A dilation is an offset of a pointer, so every dilation must cost the same.
class DilationCostTest {
  private static final int CHANNELS = 32;

  /// Instructions of forward, dx and dw of a convolution over an image.
  private static List<Long> instructions(Backend backend, int dilation) {
    try (Scope scope = backend.open("test")) {
      Tensor x = scope.zeros(1, 784, CHANNELS);
      Tensor w = scope.zeros(2, 2 * CHANNELS, CHANNELS);
      Tensor y = scope.zeros(1, 784, 2 * CHANNELS);
      Backends.takeCounts();
      backend.convolution().causalConv1d(x, w, null, dilation, y);
      backend
          .convolution()
          .causalConv1dBackward(
              x, w, dilation, y, scope.zeros(1, 784, CHANNELS), scope.zeros(2, 64, 32), null);
      backend.synchronize();
      return Backends.takeCounts().stream()
          .filter(k -> k.kernel().startsWith("causal_conv1d"))
          .map(KernelCounts::warpInstructions)
          .toList();
    }
  }

  @Test
  void dilation256CostsWhatDilation1Costs() {
    try (Backend backend = Backends.openSoftwareGpu(SoftwareGpu.counting(1))) {
      List<Long> near = instructions(backend, 1);
      List<Long> far = instructions(backend, 256);
      assertThat(near).hasSizeGreaterThanOrEqualTo(3);
      assertThat(far).hasSameSizeAs(near);
      for (int k = 0; k < near.size(); k++) {
        assertThat((double) far.get(k) / near.get(k)).isBetween(0.98, 1.02);
      }
    }
  }
}
