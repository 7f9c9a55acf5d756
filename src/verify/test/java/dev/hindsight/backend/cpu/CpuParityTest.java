package dev.hindsight.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.nd4j.Nd4jBackend;
import dev.hindsight.catalogue.OpCase;
import dev.hindsight.catalogue.OpCases;
import dev.hindsight.catalogue.Parity;
import dev.hindsight.catalogue.Reference;
import dev.hindsight.catalogue.Reference.Expected;
import dev.hindsight.tensor.ElementType;
import dev.hindsight.testing.CpuInBf16;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Every op of the catalogue on each configuration of the CPU, with and without what makes it fast,
/// in fp32 and with activations in bf16, against the reference in double. Where those are rounded,
/// the reference starts from the same rounded numbers.
@Tag("slow")
class CpuParityTest {
  private static final Backend DOUBLE = Nd4jBackend.inDouble();

  /// Fast first, then without oneDNN, then what only small cases are tried on.
  private static final List<Backend> FP32 =
      List.of(
          CpuBackend.open(2, true, true),
          CpuBackend.open(2, false, true),
          CpuBackend.open(1, true, false),
          CpuBackend.open(3, false, false));

  private static final List<Backend> BF16 =
      List.of(
          CpuInBf16.open(),
          CpuBackend.openInBf16(2, true, true, true),
          CpuBackend.openInBf16(2, false, true, true),
          CpuBackend.openInBf16(3, false, false, true));

  @AfterAll
  static void close() {
    Stream.of(List.of(DOUBLE), FP32, BF16).flatMap(List::stream).forEach(Backend::close);
  }

  static Stream<Arguments> cases() {
    return Stream.concat(
        inBothTypes(OpCases.all().stream(), 4), inBothTypes(OpCases.manyRows().stream(), 2));
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

  /// The reference computes once what takes it longer than all others.
  @ParameterizedTest
  @MethodSource("cases")
  void equalsTheReference(ElementType activations, OpCase opCase, int configurations) {
    Expected expected = Reference.computedBy(DOUBLE).of(opCase.in(activations));
    List<Backend> backends = activations == ElementType.BF16 ? BF16 : FP32;
    for (Backend backend : backends.subList(0, configurations)) {
      assertThat(backend.storage()).isEqualTo(activations);
      assertThat(new Parity(_ -> expected, backend).check(opCase))
          .as(backend.numerics())
          .allSatisfy(o -> assertThat(o.passed()).as(o.message()).isTrue());
    }
  }
}
