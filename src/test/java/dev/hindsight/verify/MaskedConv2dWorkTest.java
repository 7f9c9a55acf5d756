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
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/// What the software GPU counted: taps that do not exist cost nothing.
class MaskedConv2dWorkTest {
  // Whole tiles, or the kernels would do the work of what is missing.
  private static final int SIDE = 16;
  private static final int CHANNELS = 64;

  @Test
  void multipliesLittleMoreThanHalfOfADenseKernel() {
    Taps taps = Taps.upTo(7);
    try (Backend backend = Backends.openSoftwareGpu(SoftwareGpu.counting(108));
        Scope scope = backend.open("test")) {
      Tensor x = scope.zeros(1, SIDE, SIDE, CHANNELS);
      Tensor w = scope.zeros(taps.count(), CHANNELS, CHANNELS);
      Tape tape = new Tape(scope);
      tape.bind(x, scope.zeros(1, SIDE, SIDE, CHANNELS));
      tape.bind(w, scope.zeros(taps.count(), CHANNELS, CHANNELS));
      Backends.takeCounts();
      Tensor y = new Ops(backend, scope, tape).maskedConv2d(x, w, null, taps);
      tape.bind(y, scope.zeros(1, SIDE, SIDE, CHANNELS));
      tape.backward();
      backend.synchronize();
      Map<String, Long> flops =
          Backends.takeCounts().stream()
              .collect(
                  Collectors.groupingBy(
                      KernelCounts::kernel, Collectors.summingLong(KernelCounts::flops)));
      double dense = 2.0 * SIDE * SIDE * 49 * CHANNELS * CHANNELS;
      for (String kernel : List.of("masked_conv2d", "masked_conv2d_dx", "masked_conv2d_dw")) {
        assertThat(flops.getOrDefault(kernel, 0L) / dense).as(kernel).isBetween(25 / 49.0, 0.52);
      }
    }
  }
}
