package dev.hindsight.catalogue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.backend.Precision;
import dev.hindsight.backend.SoftwareGpu;
import dev.hindsight.softgpu.driver.InstalledDriver;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Every shipped kernel, launched by the real JCuda on the software GPU, against the reference.
@Tag("slow")
class SoftwareGpuParityTest {
  private static final Backend REFERENCE = Backends.reference();
  private static final Backend CUDA = Backends.openSoftwareGpu();
  private static final Backend CUDA_TF32 = in(Precision.TF32);
  private static final Backend CUDA_BF16 = in(Precision.BF16);

  private static Backend in(Precision precision) {
    return Backends.openSoftwareGpu(SoftwareGpu.STANDARD, precision);
  }

  /// Tests of faults before this one may have left theirs.
  @BeforeAll
  static void forgetFindings() {
    Objects.requireNonNull(InstalledDriver.installed()).clearFindings();
  }

  @AfterAll
  static void close() {
    CUDA_BF16.close();
    CUDA_TF32.close();
    CUDA.close();
    REFERENCE.close();
  }

  /// In fp32 all, in tf32 the ops whose products run on tensor cores, in bf16 those that an
  /// activation in bf16 reaches.
  static Stream<Arguments> cases() {
    return OpCases.all().stream()
        .flatMap(
            c ->
                Stream.of(CUDA, CUDA_TF32, CUDA_BF16)
                    .filter(cuda -> differs(c, cuda.precision()))
                    .map(cuda -> Arguments.of(Named.of(cuda.precision().label(), cuda), c)));
  }

  private static boolean differs(OpCase opCase, Precision precision) {
    return switch (precision) {
      case FP32 -> true;
      case TF32 -> Tolerance.precision(opCase.op(), precision) == precision;
      case BF16 -> opCase.operands().stream().anyMatch(Operand::stored);
    };
  }

  @ParameterizedTest(autoCloseArguments = false) // the backends are for all
  @MethodSource("cases")
  void agreesWithTheReference(Backend cuda, OpCase opCase) {
    CaseRun.assertAgrees(REFERENCE, cuda, opCase);
    assertThat(Objects.requireNonNull(InstalledDriver.installed()).findings()).isEmpty();
  }
}
