package dev.hindsight.verify;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.backend.KernelCounts;
import dev.hindsight.backend.SoftwareGpu;
import dev.hindsight.backend.Taps;
import dev.hindsight.ops.Ops;
import dev.hindsight.ops.Tape;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/// What the software GPU counted: taps that do not exist cost nothing, in bytes too.
class MaskedConv2dWorkTest {
  // Whole tiles, or the kernels would do the work of what is missing.
  private static final int SIDE = 16;
  private static final int CHANNELS = 64;

  private static final Taps TAPS = Taps.upTo(7);
  private static final List<String> KERNELS =
      List.of("masked_conv2d", "masked_conv2d_dx", "masked_conv2d_dw");

  /// Forwards and backwards, by kernel.
  private static Map<String, KernelCounts> counts(int multiprocessors) {
    try (Backend backend = Backends.openSoftwareGpu(SoftwareGpu.counting(multiprocessors));
        Scope scope = backend.open("test")) {
      Tensor x = scope.zeros(1, SIDE, SIDE, CHANNELS);
      Tensor w = scope.zeros(TAPS.count(), CHANNELS, CHANNELS);
      Tape tape = new Tape(scope);
      tape.bind(x, scope.zeros(1, SIDE, SIDE, CHANNELS));
      tape.bind(w, scope.zeros(TAPS.count(), CHANNELS, CHANNELS));
      Backends.takeCounts();
      Tensor y = new Ops(backend, scope, tape).maskedConv2d(x, w, null, TAPS);
      tape.backward(y, scope.zeros(1, SIDE, SIDE, CHANNELS));
      backend.synchronize();
      return Backends.takeCounts().stream()
          .collect(Collectors.toMap(KernelCounts::kernel, Function.identity()));
    }
  }

  @Test
  void multipliesLittleMoreThanHalfOfADenseKernel() {
    Map<String, KernelCounts> counts = counts(108);
    double dense = 2.0 * SIDE * SIDE * 49 * CHANNELS * CHANNELS;
    for (String kernel : KERNELS) {
      KernelCounts count = Objects.requireNonNull(counts.get(kernel), kernel);
      assertThat(count.flops() / dense).as(kernel).isBetween(25 / 49.0, 0.52);
    }
  }

  /// On a GPU so small that K is not cut: a tile of 64 x 64 reads 64 x 64 of each operand for each
  /// tap, or for each 64 pixels of a gradient of weights, but for what lies outside the image; what
  /// comes of it is written once, and read before where it is added.
  @Test
  void readsEachOperandOncePerTileAndTap() {
    Map<String, KernelCounts> counts = counts(1);
    long operands = SIDE * SIDE / 64L * TAPS.count() * 2 * 64 * CHANNELS * Float.BYTES;
    long image = (long) SIDE * SIDE * CHANNELS * Float.BYTES;
    long weights = (long) TAPS.count() * CHANNELS * CHANNELS * Float.BYTES;
    long[] results = {image, 2 * image, 2 * weights};
    for (int k = 0; k < results.length; k++) {
      KernelCounts count = Objects.requireNonNull(counts.get(KERNELS.get(k)), KERNELS.get(k));
      assertThat(count.bytesMoved() / (double) (operands + results[k]))
          .as(count.kernel())
          .isBetween(0.85, 1.0);
      assertThat(count.global().perIdeal()).as(count.kernel()).isEqualTo(1);
    }
  }
}
