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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What the software GPU counted: taps that do not exist cost nothing, in bytes too.
class MaskedConv2dWorkTest {
  // Whole tiles, or the kernels would do the work of what is missing.
  private static final int SIDE = 16;

  private static final Taps TAPS = Taps.upTo(7);
  private static final List<String> KERNELS =
      List.of("masked_conv2d", "masked_conv2d_dx", "masked_conv2d_dw");

  /// Forwards and backwards, by kernel.
  private static Map<String, KernelCounts> counts(SoftwareGpu gpu, int inputs, int outputs) {
    try (Backend backend = Backends.openSoftwareGpu(gpu);
        Scope scope = backend.open("test")) {
      Tensor x = scope.zeros(1, SIDE, SIDE, inputs);
      Tensor w = scope.zeros(TAPS.count(), outputs, inputs);
      Tape tape = new Tape(scope);
      tape.bind(x, scope.zeros(1, SIDE, SIDE, inputs));
      tape.bind(w, scope.zeros(TAPS.count(), outputs, inputs));
      Backends.takeCounts();
      Tensor y = new Ops(backend, scope, tape).maskedConv2d(x, w, null, TAPS);
      tape.backward(y, scope.zeros(1, SIDE, SIDE, outputs));
      backend.synchronize();
      return Backends.takeCounts().stream()
          .collect(Collectors.toMap(KernelCounts::kernel, Function.identity()));
    }
  }

  @Test
  void multipliesLittleMoreThanHalfOfADenseKernel() {
    int channels = 64;
    Map<String, KernelCounts> counts = counts(SoftwareGpu.counting(108), channels, channels);
    double dense = 2.0 * SIDE * SIDE * 49 * channels * channels;
    for (String kernel : KERNELS) {
      KernelCounts count = Objects.requireNonNull(counts.get(kernel), kernel);
      assertThat(count.flops() / dense).as(kernel).isBetween(25 / 49.0, 0.52);
    }
  }

  /// On a GPU so small that K is not cut, with as many channels as a tile has columns: a tile reads
  /// its rows and its columns of each operand for each tap, or for all pixels of a gradient of
  /// weights, but for what lies outside the image; what comes of it is written once, and read
  /// before where it is added. Compute capability 7.5 has the small tile alone.
  @ParameterizedTest
  @CsvSource({"75, 64, ''", "80, 128, _large"})
  void readsEachOperandOncePerTileAndTap(int capability, int edge, String suffix) {
    var gpu = new SoftwareGpu(0, false, true, 1, capability, Integer.MAX_VALUE);
    Map<String, KernelCounts> counts = counts(gpu, edge, edge);
    long operands = (long) SIDE * SIDE / edge * TAPS.count() * 2 * edge * edge * Float.BYTES;
    long image = (long) SIDE * SIDE * edge * Float.BYTES;
    long weights = (long) TAPS.count() * edge * edge * Float.BYTES;
    long[] results = {image, 2 * image, 2 * weights};
    for (int k = 0; k < results.length; k++) {
      String kernel = KERNELS.get(k) + suffix;
      KernelCounts count = Objects.requireNonNull(counts.get(kernel), kernel);
      assertThat(count.bytesMoved() / (double) (operands + results[k]))
          .as(kernel)
          .isBetween(0.85, 1.0);
      assertThat(count.global().perIdeal()).as(kernel).isEqualTo(1);
    }
  }

  /// Inputs that fill half of a second small tile are no reason to leave the large one, and those
  /// of a first layer are: 64 rows of outputs by all taps are four small tiles, not 25.
  @ParameterizedTest
  @CsvSource({
    "80, 96, 192, masked_conv2d_dw_large",
    "75, 96, 192, masked_conv2d_dw_narrow",
    "80, 8, 64, masked_conv2d_dw_narrow",
    "80, 1, 64, masked_conv2d_dw_narrow"
  })
  void gradientsOfWeightsTakeTheTileThatSuits(
      int capability, int inputs, int outputs, String kernel) {
    var gpu = new SoftwareGpu(0, false, true, 1, capability, Integer.MAX_VALUE);
    assertThat(counts(gpu, inputs, outputs).keySet())
        .filteredOn(name -> name.contains("_dw"))
        .containsExactly(kernel);
  }
}
