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
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Products with tiles of 128 x 128 and of 256 x 128, which small cases never meet on the software
/// GPU's 16 multiprocessors: against the reference, and the same bits whatever the order of warps.
@Tag("slow")
class LargeTileTest {
  private static final Set<String> BIAS_GRADIENTS = Set.of("db", "dc");

  static Stream<Arguments> cases() {
    return Arrays.stream(Precision.values())
        .flatMap(
            p ->
                Stream.concat(
                    cases(p, "_large", OpCases.largeTiles()),
                    p == Precision.FP32 ? Stream.of() : cases(p, "_tall", OpCases.tallTiles())));
  }

  private static Stream<Arguments> cases(Precision precision, String tile, List<OpCase> cases) {
    return cases.stream().map(c -> Arguments.of(precision, tile, c));
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
  void agreesWithTheReferenceOnOneMultiprocessor(Precision precision, String tile, OpCase opCase) {
    agrees(precision, tile, opCase, 1);
  }

  /// [ChunksTest] cuts the sums of a dense product in every run.
  @ParameterizedTest
  @MethodSource("cases")
  @Tag("exhaustive")
  void agreesWithTheReferenceWhereSumsAreCut(Precision precision, String tile, OpCase opCase) {
    agrees(precision, tile, opCase, 8);
  }

  private static void agrees(Precision precision, String tile, OpCase opCase, int multiprocessors) {
    try (Backend reference = Backends.reference();
        Backend cuda = counting(precision, multiprocessors)) {
      Objects.requireNonNull(InstalledDriver.installed()).clearFindings();
      assertThat(new Parity(reference, cuda).check(opCase))
          .allSatisfy(o -> assertThat(o.passed()).as(o.message()).isTrue());
      assertThat(Objects.requireNonNull(InstalledDriver.installed()).findings()).isEmpty();
      if (multiprocessors == 1) {
        assertThat(Backends.takeCounts())
            .extracting(KernelCounts::kernel)
            .anyMatch(kernel -> kernel.contains(tile));
      }
    }
  }

  /// What would make it fail is a race, which the checks find in every run.
  @ParameterizedTest
  @MethodSource("cases")
  @Tag("exhaustive")
  void givesTheSameBitsUnderOtherSchedules(Precision precision, String tile, OpCase opCase) {
    List<long[]> natural = bits(() -> gpu(precision, 1, 0), opCase);
    for (int seed = 1; seed <= 2; seed++) {
      long schedule = seed;
      List<long[]> other = bits(() -> gpu(precision, 1, schedule), opCase);
      for (int k = 0; k < natural.size(); k++) {
        String operand = opCase.operands().get(k).name();
        assertThat(other.get(k)).as(operand).isEqualTo(natural.get(k));
      }
    }
  }

  static List<OpCase> largeTiles() {
    return OpCases.largeTiles();
  }

  /// Both add in the order of k, and one multiprocessor cuts no sum. Gradients of biases are left
  /// out: in fp32 only the small tile adds them up with those of weights.
  @ParameterizedTest
  @MethodSource("largeTiles")
  void endsInTheBitsOfTheSmallTileInFp32(OpCase opCase) {
    var turing = new SoftwareGpu(0, false, false, 1, 0, 75, Integer.MAX_VALUE);
    List<long[]> large = bits(() -> gpu(Precision.FP32, 1, 0), opCase);
    List<long[]> small = bits(() -> Backends.openSoftwareGpu(turing, Precision.FP32), opCase);
    for (int k = 0; k < large.size(); k++) {
      String operand = opCase.operands().get(k).name();
      if (!BIAS_GRADIENTS.contains(operand)) {
        assertThat(large.get(k)).as(operand).isEqualTo(small.get(k));
      }
    }
  }

  private static List<long[]> bits(Supplier<Backend> gpu, OpCase c) {
    try (Backend cuda = gpu.get();
        Scope scope = cuda.open("case")) {
      CaseTensors tensors = new CaseTensors(cuda, scope, c);
      c.forward().run(cuda, tensors::get);
      Objects.requireNonNull(c.backward()).run(cuda, tensors::get);
      return c.operands().stream()
          .map(o -> cuda.readDoubles(tensors.get(o.name())))
          .map(v -> Arrays.stream(v).mapToLong(Double::doubleToLongBits).toArray())
          .toList();
    }
  }
}
