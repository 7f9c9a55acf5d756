package dev.hindsight.catalogue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.backend.Precision;
import dev.hindsight.backend.SoftwareGpu;
import dev.hindsight.backend.cpu.CpuBackend;
import dev.hindsight.backend.nd4j.Nd4jBackend;
import dev.hindsight.catalogue.Reference.Expected;
import dev.hindsight.softgpu.driver.InstalledDriver;
import dev.hindsight.tensor.ElementType;
import dev.hindsight.testing.CpuInBf16;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Every op of the catalogue on each configuration of the CPU, with and without what makes it fast,
/// and every shipped kernel, launched by the real JCuda on the software GPU, in all precisions; and
/// the reference's own float form. All against the reference in double, which starts from the same
/// rounded numbers where activations are bf16.
@Tag("slow")
class ParityTest {
  private static final Backend DOUBLE = Nd4jBackend.inDouble();

  /// Fast first, then without oneDNN, then what only small cases are tried on.
  private static final List<Backend> FP32 =
      List.of(
          CpuBackend.open(2, true, true),
          CpuBackend.open(2, false, true),
          CpuBackend.open(1, true, false),
          CpuBackend.open(3, false, false),
          Nd4jBackend.inFloat(),
          Backends.openSoftwareGpu(),
          Backends.openSoftwareGpu(SoftwareGpu.STANDARD, Precision.TF32));

  private static final List<Backend> BF16 =
      List.of(
          CpuInBf16.open(),
          CpuBackend.openInBf16(2, true, true, true),
          CpuBackend.openInBf16(2, false, true, true),
          CpuBackend.openInBf16(3, false, false, true),
          Backends.openSoftwareGpu(SoftwareGpu.STANDARD, Precision.BF16));

  /// Tests of faults before this one may have left theirs.
  @BeforeAll
  static void forgetFindings() {
    Objects.requireNonNull(InstalledDriver.installed()).clearFindings();
  }

  @AfterAll
  static void close() {
    Stream.of(List.of(DOUBLE), FP32, BF16).flatMap(List::stream).forEach(Backend::close);
  }

  static Stream<Arguments> cases() {
    return Stream.concat(
        inBothTypes(OpCases.all().stream(), FP32.size()),
        inBothTypes(OpCases.manyRows().stream(), 2));
  }

  static Stream<Arguments> seedSizes() {
    return inBothTypes(OpCases.seedSizes().stream(), 1);
  }

  /// @param configurations how many of them, the fastest first
  private static Stream<Arguments> inBothTypes(Stream<OpCase> cases, int configurations) {
    return cases.flatMap(
        c ->
            Stream.of(ElementType.FP32, ElementType.BF16)
                .map(type -> Arguments.of(type, c, configurations)));
  }

  /// Cut as those of many rows are, into more shares.
  @ParameterizedTest
  @MethodSource("seedSizes")
  @Tag("exhaustive")
  void equalsTheReferenceAtSeedSizes(ElementType activations, OpCase opCase, int configurations) {
    equalsTheReference(activations, opCase, configurations);
  }

  /// The GPU in tf32 is for products on tensor cores, in bf16 for what an activation reaches.
  private static boolean differs(Backend backend, OpCase opCase) {
    Precision precision = backend.precision();
    return switch (backend.name().equals("cuda") ? precision : Precision.FP32) {
      case FP32 -> true;
      case TF32 -> Tolerance.precision(opCase.op(), precision) == precision;
      case BF16 -> opCase.operands().stream().anyMatch(Operand::stored);
    };
  }

  /// The reference computes once what takes it longer than all others.
  @ParameterizedTest
  @MethodSource("cases")
  void equalsTheReference(ElementType activations, OpCase anyCase, int configurations) {
    OpCase opCase = anyCase.in(activations);
    Expected expected = Reference.computedBy(DOUBLE).of(opCase);
    List<Backend> backends = activations == ElementType.BF16 ? BF16 : FP32;
    for (Backend backend : backends.subList(0, Math.min(configurations, backends.size()))) {
      assertThat(backend.storage()).isEqualTo(activations);
      if (differs(backend, opCase)) {
        assertThat(new Parity(_ -> expected, backend).check(opCase))
            .as(backend.describe())
            .allSatisfy(o -> assertThat(o.passed()).as(o.message()).isTrue());
      }
    }
    assertThat(Backends.softwareFindings()).isZero();
  }
}
