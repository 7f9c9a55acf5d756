package dev.hindsight.catalogue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.backend.KernelCounts;
import dev.hindsight.backend.Precision;
import dev.hindsight.backend.SoftwareGpu;
import java.nio.LongBuffer;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Products with tiles of 128 x 128 and of 256 x 128, and products whose K is cut, so that the last
/// blocks of a tile add up the others' chunks: small cases meet neither on the software GPU's few
/// multiprocessors. Right, and the same bits whatever the order in which warps and blocks run.
@Tag("slow")
class TilesTest {
  private static final Set<String> BIAS_GRADIENTS = Set.of("db", "dc");

  /// What tells that chunks were added up.
  private static final String CHUNKS = "chunks";

  /// What tells that of nine tall tiles one was halved.
  private static final String HALVES = "halves";

  @AutoClose private static final Backend REFERENCE = Backends.reference();

  private static final List<OpCase> LARGE = OpCases.largeTiles();
  private static final List<OpCase> TALL = OpCases.tallTiles();
  private static final List<OpCase> CHUNKED = OpCases.chunks();

  /// Opening one loads all kernels anew.
  private static @Nullable Backend opened;

  private static @Nullable List<Object> as;

  private static Backend cuda(SoftwareGpu gpu, Precision precision) {
    List<Object> asked = List.of(gpu, precision);
    if (opened == null || !asked.equals(as)) {
      close();
      opened = Backends.openSoftwareGpu(gpu, precision);
      as = asked;
    }
    return opened;
  }

  @AfterAll
  static void close() {
    if (opened != null) {
      opened.close();
      opened = null;
    }
  }

  private static Stream<Arguments> cases(
      Precision precision, int multiprocessors, String sign, List<OpCase> cases) {
    return cases.stream().map(c -> Arguments.of(precision, multiprocessors, sign, c));
  }

  /// Large tiles of tf32 load as those of fp32 do and multiply as those of bf16, so that one case
  /// of each op may be enough.
  private static Stream<Arguments> tiles(int multiprocessors, boolean allOfTf32) {
    Set<String> met = new HashSet<>();
    List<OpCase> some = LARGE.stream().filter(c -> met.add(c.op())).toList();
    return Stream.of(
            cases(Precision.FP32, multiprocessors, "_large", LARGE),
            cases(Precision.TF32, multiprocessors, "_large", allOfTf32 ? LARGE : some),
            cases(Precision.TF32, multiprocessors, "_tall", TALL),
            cases(Precision.BF16, multiprocessors, "_large", LARGE),
            cases(Precision.BF16, multiprocessors, "_tall", TALL))
        .flatMap(c -> c);
  }

  /// On 8 multiprocessors large tiles are cut, on 132 small ones.
  private static Stream<Arguments> chunks() {
    return Stream.of(Precision.FP32, Precision.BF16)
        .flatMap(p -> Stream.concat(cases(p, 8, "", CHUNKED), cases(p, 132, CHUNKS, CHUNKED)));
  }

  private static Stream<Arguments> halves() {
    return Stream.concat(
        cases(Precision.TF32, 2, HALVES, OpCases.halvedTiles().subList(0, 1)),
        cases(Precision.BF16, 2, HALVES, OpCases.halvedTiles()));
  }

  static Stream<Arguments> whole() {
    return Stream.of(tiles(1, false), halves(), chunks()).flatMap(c -> c);
  }

  static Stream<Arguments> cut() {
    return tiles(8, true).map(a -> Arguments.of(a.get()[0], a.get()[1], "", a.get()[3]));
  }

  /// @param sign part of a kernel's name that must be among those launched, or [#CHUNKS] or
  ///   [#HALVES]
  @ParameterizedTest
  @MethodSource("whole")
  void agreesWithTheReference(
      Precision precision, int multiprocessors, String sign, OpCase opCase) {
    Backend cuda = cuda(SoftwareGpu.counting(multiprocessors), precision);
    Backends.takeCounts();
    CaseRun.assertAgrees(REFERENCE, cuda, opCase);
    assertThat(Backends.softwareFindings()).isZero();
    assertThat(Backends.takeCounts()).anyMatch(k -> shows(k, sign));
  }

  private static boolean shows(KernelCounts counts, String sign) {
    return switch (sign) {
      case CHUNKS -> counts.instructions().getOrDefault("atom.global", 0L) > 0;
      case HALVES -> counts.kernel().contains("_tall") && counts.blocks() == 10;
      default -> counts.kernel().contains(sign);
    };
  }

  @ParameterizedTest
  @MethodSource("cut")
  @Tag("exhaustive") // the chunks above cut the sums of a dense product
  void agreesWithTheReferenceWhereSumsAreCut(
      Precision precision, int multiprocessors, String sign, OpCase opCase) {
    agreesWithTheReference(precision, multiprocessors, sign, opCase);
  }

  private static Map<String, LongBuffer> bits(
      Precision precision, int multiprocessors, long schedule, OpCase opCase) {
    var gpu = new SoftwareGpu(schedule, false, false, multiprocessors);
    return CaseRun.bits(cuda(gpu, precision), opCase);
  }

  private static void sameBits(
      Precision precision, int multiprocessors, OpCase opCase, int schedules) {
    Map<String, LongBuffer> natural = bits(precision, multiprocessors, 0, opCase);
    for (int seed = 1; seed <= schedules; seed++) {
      assertThat(bits(precision, multiprocessors, seed, opCase)).as("%d", seed).isEqualTo(natural);
    }
  }

  /// Large tiles, and small ones to which the staircase leaves unequal numbers of chunks.
  static Stream<Arguments> scheduled() {
    OpCase large = CHUNKED.getFirst();
    OpCase small = CHUNKED.getLast();
    return Stream.of(Precision.FP32, Precision.BF16)
        .flatMap(p -> Stream.of(Arguments.of(p, 8, large), Arguments.of(p, 132, small)));
  }

  @ParameterizedTest
  @MethodSource("scheduled")
  void givesTheSameBitsUnderThreeSchedules(Precision p, int multiprocessors, OpCase opCase) {
    sameBits(p, multiprocessors, opCase, 3);
  }

  @ParameterizedTest
  @MethodSource("scheduled")
  @Tag("exhaustive")
  void givesTheSameBitsUnderTwentySchedules(Precision p, int multiprocessors, OpCase opCase) {
    sameBits(p, multiprocessors, opCase, 20);
  }

  static Stream<Arguments> onOne() {
    return tiles(1, true).map(a -> Arguments.of(a.get()[0], a.get()[3]));
  }

  @ParameterizedTest
  @MethodSource("onOne")
  @Tag("exhaustive") // it would take a race to fail, which the checks find in every run
  void givesTheSameBitsUnderOtherSchedules(Precision precision, OpCase opCase) {
    sameBits(precision, 1, opCase, 2);
  }

  /// Both add in the order of k, and one multiprocessor cuts no sum. Gradients of biases are left
  /// out: in fp32 only the small tile adds them up with those of weights.
  @Test
  void endsInTheBitsOfTheSmallTileInFp32() {
    var turing = new SoftwareGpu(0, false, false, 1, 75, Integer.MAX_VALUE);
    List<Map<String, LongBuffer>> small =
        LARGE.stream().map(c -> CaseRun.bits(cuda(turing, Precision.FP32), c)).toList();
    for (int k = 0; k < LARGE.size(); k++) {
      Map<String, LongBuffer> large = bits(Precision.FP32, 1, 0, LARGE.get(k));
      small.get(k).keySet().removeAll(BIAS_GRADIENTS);
      large.keySet().removeAll(BIAS_GRADIENTS);
      assertThat(large).as("%s", LARGE.get(k)).isEqualTo(small.get(k));
    }
  }
}
