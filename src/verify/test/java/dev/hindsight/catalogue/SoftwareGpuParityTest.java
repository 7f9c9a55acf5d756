package dev.hindsight.catalogue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.backend.Precision;
import dev.hindsight.backend.SoftwareGpu;
import dev.hindsight.softgpu.driver.InstalledDriver;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
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

  static List<OpCase> all() {
    return OpCases.all();
  }

  /// The ops whose products run on tensor cores.
  static List<OpCase> onTensorCores() {
    return OpCases.all().stream()
        .filter(c -> Tolerance.precision(c.op(), Precision.TF32) == Precision.TF32)
        .toList();
  }

  @ParameterizedTest
  @MethodSource("all")
  void agreesWithTheReference(OpCase opCase) {
    agrees(CUDA, opCase);
  }

  @ParameterizedTest
  @MethodSource("onTensorCores")
  void agreesWithTheReferenceInTf32(OpCase opCase) {
    agrees(CUDA_TF32, opCase);
  }

  /// Those that an activation in bf16 reaches.
  static List<OpCase> stored() {
    return OpCases.all().stream()
        .filter(c -> c.operands().stream().anyMatch(Operand::stored))
        .toList();
  }

  @ParameterizedTest
  @MethodSource("stored")
  void agreesWithTheReferenceInBf16(OpCase opCase) {
    agrees(CUDA_BF16, opCase);
  }

  private static void agrees(Backend cuda, OpCase opCase) {
    assertThat(new Parity(REFERENCE, cuda).check(opCase))
        .allSatisfy(o -> assertThat(o.passed()).as(o.message()).isTrue());
    assertThat(Objects.requireNonNull(InstalledDriver.installed()).findings()).isEmpty();
  }
}
