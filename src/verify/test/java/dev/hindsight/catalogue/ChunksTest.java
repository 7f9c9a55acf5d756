package dev.hindsight.catalogue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.backend.KernelCounts;
import dev.hindsight.backend.Precision;
import dev.hindsight.backend.SoftwareGpu;
import dev.hindsight.softgpu.driver.InstalledDriver;
import dev.hindsight.tensor.Scope;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Products whose K is cut, and whose chunks the last blocks of a tile add up: right, and the same
/// bits whatever the order in which warps and blocks run, up to eight blocks at a time.
@Tag("slow")
class ChunksTest {
  /// Of 8 large tiles are cut, of 132 small ones.
  private static final List<Integer> MULTIPROCESSORS = List.of(8, 132);

  static Stream<Arguments> cases() {
    return inPrecisions(
        OpCases.chunks().stream()
            .flatMap(c -> MULTIPROCESSORS.stream().map(m -> List.<Object>of(c, m)))
            .toList());
  }

  /// Large tiles, and small ones to which the staircase leaves unequal numbers of chunks.
  static Stream<Arguments> scheduled() {
    List<OpCase> chunks = OpCases.chunks();
    return inPrecisions(List.of(List.of(chunks.getFirst(), 8), List.of(chunks.getLast(), 132)));
  }

  private static Stream<Arguments> inPrecisions(List<List<Object>> cases) {
    return Stream.of(Precision.FP32, Precision.BF16)
        .flatMap(p -> cases.stream().map(c -> Arguments.of(p, c.getFirst(), c.getLast())));
  }

  private static Backend gpu(Precision precision, int multiprocessors, long schedule) {
    return Backends.openSoftwareGpu(
        new SoftwareGpu(schedule, false, false, multiprocessors), precision);
  }

  private static Backend counting(Precision precision, int multiprocessors) {
    return Backends.openSoftwareGpu(SoftwareGpu.counting(multiprocessors), precision);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void agreesWithTheReference(Precision precision, OpCase opCase, int multiprocessors) {
    try (Backend reference = Backends.reference();
        Backend cuda = counting(precision, multiprocessors)) {
      InstalledDriver driver = Objects.requireNonNull(InstalledDriver.installed());
      driver.clearFindings();
      assertThat(new Parity(reference, cuda).check(opCase))
          .allSatisfy(o -> assertThat(o.passed()).as(o.message()).isTrue());
      assertThat(driver.findings()).isEmpty();
      if (multiprocessors == 132) {
        assertThat(Backends.takeCounts()).anyMatch(ChunksTest::addsUpChunks);
      }
    }
  }

  private static boolean addsUpChunks(KernelCounts counts) {
    return counts.instructions().getOrDefault("atom.global", 0L) > 0;
  }

  @ParameterizedTest
  @MethodSource("scheduled")
  void givesTheSameBitsUnderThreeSchedules(Precision p, OpCase opCase, int multiprocessors) {
    sameBits(p, opCase, multiprocessors, 3);
  }

  @ParameterizedTest
  @MethodSource("scheduled")
  @Tag("exhaustive")
  void givesTheSameBitsUnderTwentySchedules(Precision p, OpCase opCase, int multiprocessors) {
    sameBits(p, opCase, multiprocessors, 20);
  }

  private static void sameBits(
      Precision precision, OpCase opCase, int multiprocessors, int schedules) {
    List<long[]> natural = bits(precision, multiprocessors, 0, opCase);
    for (int seed = 1; seed <= schedules; seed++) {
      List<long[]> other = bits(precision, multiprocessors, seed, opCase);
      for (int k = 0; k < natural.size(); k++) {
        assertThat(other.get(k)).as("schedule %d, operand %d", seed, k).isEqualTo(natural.get(k));
      }
    }
  }

  private static List<long[]> bits(Precision precision, int multiprocessors, long seed, OpCase c) {
    try (Backend cuda = gpu(precision, multiprocessors, seed);
        Scope scope = cuda.open("case")) {
      CaseTensors tensors = new CaseTensors(cuda, scope, c.in(cuda.storage()));
      c.forward().run(cuda, tensors::get);
      Objects.requireNonNull(c.backward()).run(cuda, tensors::get);
      return c.operands().stream()
          .map(o -> cuda.readDoubles(tensors.get(o.name())))
          .map(v -> Arrays.stream(v).mapToLong(Double::doubleToLongBits).toArray())
          .toList();
    }
  }
}
