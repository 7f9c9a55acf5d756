package dev.hindsight.catalogue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.backend.Precision;
import dev.hindsight.backend.SoftwareGpu;
import dev.hindsight.testing.CpuInBf16;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// A fresh gradient is overwritten whole, by every op of every backend.
@Tag("slow")
class FreshGradientsTest {
  private static final Backend REFERENCE = Backends.reference();
  private static final Backend CPU = Backends.open("cpu");
  private static final Backend CPU_BF16 = CpuInBf16.open();
  private static final Backend CUDA = Backends.openSoftwareGpu();
  private static final Backend CUDA_TF32 =
      Backends.openSoftwareGpu(SoftwareGpu.STANDARD, Precision.TF32);
  private static final Backend CUDA_BF16 =
      Backends.openSoftwareGpu(SoftwareGpu.STANDARD, Precision.BF16);

  @AfterAll
  static void close() {
    for (Backend backend : List.of(CUDA_BF16, CUDA_TF32, CUDA, CPU_BF16, CPU, REFERENCE)) {
      backend.close();
    }
  }

  static List<OpCase> withBackward() {
    return OpCases.all().stream().filter(c -> c.backward() != null).toList();
  }

  /// With those that the cpu backend cuts into many shares.
  static List<OpCase> forCpu() {
    return Stream.concat(OpCases.all().stream(), OpCases.manyRows().stream())
        .filter(c -> c.backward() != null)
        .toList();
  }

  static List<OpCase> onTensorCores() {
    return withBackward().stream()
        .filter(c -> Tolerance.precision(c.op(), Precision.TF32) == Precision.TF32)
        .toList();
  }

  @ParameterizedTest
  @MethodSource("withBackward")
  void onTheReference(OpCase opCase) {
    holds(REFERENCE, opCase);
  }

  @ParameterizedTest
  @MethodSource("forCpu")
  void onTheCpu(OpCase opCase) {
    holds(CPU, opCase);
  }

  @ParameterizedTest
  @MethodSource("forCpu")
  void onTheCpuInBf16(OpCase opCase) {
    holds(CPU_BF16, opCase);
  }

  @ParameterizedTest
  @MethodSource("withBackward")
  void onTheSoftwareGpu(OpCase opCase) {
    holds(CUDA, opCase);
  }

  @ParameterizedTest
  @MethodSource("onTensorCores")
  @Tag("exhaustive") // the tiles of bf16, and the stores of fp32
  void inTf32(OpCase opCase) {
    holds(CUDA_TF32, opCase);
  }

  @ParameterizedTest
  @MethodSource("withBackward")
  void inBf16(OpCase opCase) {
    holds(CUDA_BF16, opCase);
  }

  private static void holds(Backend backend, OpCase opCase) {
    assertThat(FreshGradients.check(backend, opCase).failures()).isEmpty();
  }

  @Test
  void mostOpsFindThem() {
    assertThat(withBackward())
        .filteredOn(c -> FreshGradients.check(CPU, c).gradients() > 0)
        .extracting(OpCase::op)
        .contains(
            "linear",
            "maskedLinear",
            "causalConv1d",
            "maskedConv2d",
            "residualBlock",
            "gatedBlock",
            "gate",
            "layerNorm",
            "layerNormRelu",
            "causalAttention",
            "activate",
            "dropout",
            "swapAxes",
            "sigmoidCrossEntropy",
            "softmaxCrossEntropy");
  }
}
