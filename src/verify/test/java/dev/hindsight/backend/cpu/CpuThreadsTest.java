package dev.hindsight.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Precision;
import dev.hindsight.catalogue.CaseRun;
import dev.hindsight.catalogue.OpCase;
import dev.hindsight.catalogue.OpCases;
import dev.hindsight.testing.CpuInBf16;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Every op of the catalogue gives the same bits on one, two and three threads, in bf16 on one and
/// two.
class CpuThreadsTest {
  private static final List<Backend> FP32 =
      Stream.of(1, 2, 3)
          .map(threads -> (Backend) CpuBackend.open(threads, Precision.FP32))
          .toList();
  private static final List<Backend> BF16 = CpuInBf16.ifThere(1, 2).toList();

  @AfterAll
  static void close() {
    Stream.of(FP32, BF16).flatMap(List::stream).forEach(Backend::close);
  }

  static Stream<OpCase> cases() {
    return Stream.of(OpCases.all(), OpCases.manyRows()).flatMap(List::stream);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void doNotMatter(OpCase opCase) {
    for (List<Backend> backends : BF16.isEmpty() ? List.of(FP32) : List.of(FP32, BF16)) {
      var one = CaseRun.bits(backends.getFirst(), opCase);
      for (Backend more : backends.subList(1, backends.size())) {
        assertThat(CaseRun.bits(more, opCase)).as(more.numerics()).isEqualTo(one);
      }
    }
  }
}
