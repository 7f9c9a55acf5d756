package dev.hindsight.catalogue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.backend.Precision;
import dev.hindsight.backend.SoftwareGpu;
import java.nio.LongBuffer;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The order in which warps run must not show: every shipped kernel gives the same bits under
/// shuffled schedules.
@Tag("slow")
class ScheduleTest {
  /// Of the largest case of each op, which has the most warps to shuffle; those of fp32 are enough
  /// but for attention, which in bf16 has kernels of its own.
  private static Map<String, Map<String, LongBuffer>> bits(Precision precision, long seed) {
    Map<String, OpCase> largest = new LinkedHashMap<>();
    for (OpCase c : OpCases.all()) {
      if (precision == Precision.FP32 || c.op().equals("causalAttention")) {
        largest.merge(
            c.op(), c, (a, b) -> a.forward().work().bytes() > b.forward().work().bytes() ? a : b);
      }
    }
    var gpu = new SoftwareGpu(seed, false, false, 0);
    try (Backend cuda = Backends.openSoftwareGpu(gpu, precision)) {
      Map<String, Map<String, LongBuffer>> all = new LinkedHashMap<>();
      largest.values().forEach(c -> all.put(c.toString(), CaseRun.bits(cuda, c)));
      return all;
    }
  }

  @ParameterizedTest
  @CsvSource({"FP32, 3", "BF16, 3"})
  void everyKernelGivesTheSameBitsUnderSomeSchedules(Precision precision, int schedules) {
    Map<String, Map<String, LongBuffer>> natural = bits(precision, 0);
    assertThat(natural).hasSizeGreaterThan(precision == Precision.FP32 ? 25 : 0);
    for (int seed = 1; seed <= schedules; seed++) {
      Map<String, Map<String, LongBuffer>> shuffled = bits(precision, seed);
      natural.forEach((name, wanted) -> assertThat(shuffled.get(name)).as(name).isEqualTo(wanted));
    }
  }

  @ParameterizedTest
  @CsvSource({"FP32, 20", "BF16, 20"})
  @Tag("exhaustive")
  void everyKernelGivesTheSameBitsUnderManySchedules(Precision precision, int schedules) {
    everyKernelGivesTheSameBitsUnderSomeSchedules(precision, schedules);
  }
}
