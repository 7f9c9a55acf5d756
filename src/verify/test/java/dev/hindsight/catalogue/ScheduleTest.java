package dev.hindsight.catalogue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.backend.SoftwareGpu;
import dev.hindsight.tensor.Scope;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// The order in which warps run must not show: every shipped kernel gives the same bits under
/// shuffled schedules.
@Tag("slow")
class ScheduleTest {
  /// The largest case of each op, which has the most warps to shuffle.
  private static List<OpCase> cases() {
    Map<String, OpCase> largest = new LinkedHashMap<>();
    for (OpCase c : OpCases.all()) {
      largest.merge(
          c.op(), c, (a, b) -> a.forward().work().bytes() > b.forward().work().bytes() ? a : b);
    }
    return List.copyOf(largest.values());
  }

  private static Map<String, long[]> bits(long seed) {
    Map<String, long[]> all = new LinkedHashMap<>();
    try (Backend cuda = Backends.openSoftwareGpu(new SoftwareGpu(seed, false, false, 0))) {
      for (OpCase c : cases()) {
        try (Scope scope = cuda.open("case")) {
          CaseTensors tensors = new CaseTensors(cuda, scope, c);
          c.forward().run(cuda, tensors::get);
          if (c.backward() != null) {
            c.backward().run(cuda, tensors::get);
          }
          for (Operand o : c.operands()) {
            double[] values = cuda.readDoubles(tensors.get(o.name()));
            all.put(
                c + " " + o.name(),
                Arrays.stream(values).mapToLong(Double::doubleToLongBits).toArray());
          }
        }
      }
    }
    return all;
  }

  @Test
  void everyKernelGivesTheSameBitsUnderThreeSchedules() {
    sameBits(3);
  }

  @Test
  @Tag("exhaustive")
  void everyKernelGivesTheSameBitsUnderTwentySchedules() {
    sameBits(20);
  }

  private static void sameBits(int schedules) {
    Map<String, long[]> natural = bits(0);
    assertThat(natural).hasSizeGreaterThan(40);
    for (int seed = 1; seed <= schedules; seed++) {
      Map<String, long[]> shuffled = bits(seed);
      for (var entry : natural.entrySet()) {
        assertThat(shuffled.get(entry.getKey()))
            .as("%s under schedule %d", entry.getKey(), seed)
            .isEqualTo(entry.getValue());
      }
    }
  }
}
