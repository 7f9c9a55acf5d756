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

/// Every op of the catalogue on the CPU, and every shipped kernel, launched by the real JCuda on
/// the software GPU, in all precisions; and the reference's own float form. All against the
/// reference in double, which starts from the same rounded numbers where activations are bf16.
@Tag("slow")
class ParityTest {
  private static final Backend DOUBLE = Nd4jBackend.inDouble();

  /// The fast one first; on the others only small cases are tried.
  private static final List<Backend> FP32 =
      List.of(
          CpuBackend.open(2, Precision.FP32),
          Nd4jBackend.inFloat(),
          Backends.openSoftwareGpu(),
          Backends.openSoftwareGpu(SoftwareGpu.STANDARD, Precision.TF32));

  private static final List<Backend> BF16 =
      Stream.concat(
              CpuInBf16.ifThere(2),
              Stream.of(Backends.openSoftwareGpu(SoftwareGpu.STANDARD, Precision.BF16)))
          .toList();

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
        inBothTypes(OpCases.all().stream(), true), inBothTypes(OpCases.manyRows().stream(), false));
  }

  static Stream<Arguments> seedSizes() {
    return inBothTypes(OpCases.seedSizes().stream(), false);
  }

  /// @param everywhere on more than the CPU
  private static Stream<Arguments> inBothTypes(Stream<OpCase> cases, boolean everywhere) {
    return cases.flatMap(
        c ->
            Stream.of(ElementType.FP32, ElementType.BF16)
                .map(type -> Arguments.of(type, c, everywhere)));
  }

  /// Cut as those of many rows are, into more shares.
  @ParameterizedTest
  @MethodSource("seedSizes")
  @Tag("exhaustive")
  void equalsTheReferenceAtSeedSizes(ElementType activations, OpCase opCase, boolean everywhere) {
    equalsTheReference(activations, opCase, everywhere);
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
  void equalsTheReference(ElementType activations, OpCase anyCase, boolean everywhere) {
    OpCase opCase = anyCase.in(activations);
    Expected expected = Reference.computedBy(DOUBLE).of(opCase);
    List<Backend> backends = activations == ElementType.BF16 ? BF16 : FP32;
    for (Backend backend : backends) {
      assertThat(backend.storage()).isEqualTo(activations);
      if ((everywhere || backend.name().equals("cpu")) && differs(backend, opCase)) {
        assertThat(new Parity(_ -> expected, backend).check(opCase))
            .as(backend.describe())
            .allSatisfy(o -> assertThat(o.passed()).as(o.message()).isTrue());
      }
    }
    assertThat(Backends.softwareFindings()).isZero();
  }
}
