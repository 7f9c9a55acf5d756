package dev.hindsight.catalogue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.backend.Precision;
import dev.hindsight.backend.SoftwareGpu;
import dev.hindsight.testing.CpuInBf16;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// A fresh gradient is overwritten whole, by every op of every backend.
@Tag("slow")
class FreshGradientsTest {
  private static final Backend REFERENCE = Backends.reference();
  private static final Backend CPU = Backends.open("cpu");
  private static final List<Backend> CPUS =
      Stream.concat(Stream.of(CPU), CpuInBf16.ifThere(2)).toList();
  private static final Backend CUDA = Backends.openSoftwareGpu();
  private static final Backend CUDA_TF32 =
      Backends.openSoftwareGpu(SoftwareGpu.STANDARD, Precision.TF32);
  private static final Backend CUDA_BF16 =
      Backends.openSoftwareGpu(SoftwareGpu.STANDARD, Precision.BF16);

  @AfterAll
  static void close() {
    Stream.concat(CPUS.stream(), Stream.of(REFERENCE, CUDA, CUDA_TF32, CUDA_BF16))
        .forEach(Backend::close);
  }

  private static Stream<OpCase> withBackward() {
    return OpCases.all().stream().filter(c -> c.backward() != null);
  }

  /// All on each backend, and on the cpu backend those that it cuts into many shares.
  static Stream<Arguments> cases() {
    var manyRows = OpCases.manyRows().stream().filter(c -> c.backward() != null);
    return Stream.concat(
        on(List.of(REFERENCE, CUDA, CUDA_BF16), withBackward().toList()),
        on(CPUS, Stream.concat(withBackward(), manyRows).toList()));
  }

  static Stream<Arguments> onTensorCores() {
    return on(
        List.of(CUDA_TF32),
        withBackward()
            .filter(c -> Tolerance.precision(c.op(), Precision.TF32) == Precision.TF32)
            .toList());
  }

  private static Stream<Arguments> on(List<Backend> backends, List<OpCase> cases) {
    return backends.stream()
        .flatMap(b -> cases.stream().map(c -> Arguments.of(Named.of(b.numerics(), b), c)));
  }

  @ParameterizedTest(autoCloseArguments = false) // the backends are for all
  @MethodSource("cases")
  void isOverwrittenWhole(Backend backend, OpCase opCase) {
    assertThat(FreshGradients.check(backend, opCase).failures()).isEmpty();
  }

  @ParameterizedTest(autoCloseArguments = false)
  @MethodSource("onTensorCores")
  @Tag("exhaustive") // the tiles of bf16, and the stores of fp32
  void inTf32(Backend backend, OpCase opCase) {
    isOverwrittenWhole(backend, opCase);
  }

  @Test
  void mostOpsFindThem() {
    Set<String> seen = new HashSet<>();
    assertThat(withBackward().filter(c -> seen.add(c.op()))) // one case each
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
            "rescale",
            "dropout",
            "swapAxes",
            "sigmoidCrossEntropy",
            "softmaxCrossEntropy",
            "logisticMixture");
  }
}
