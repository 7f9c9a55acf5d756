package dev.hindsight.predict;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.hindsight.backend.KernelCounts;
import dev.hindsight.backend.KernelCounts.Traffic;
import dev.hindsight.error.UserException;
import dev.hindsight.predict.LaunchTime.Resource;
import dev.hindsight.predict.MachineCode.Kernel;
import dev.hindsight.predict.MachineCode.Pipe;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

/// A kernel whose numbers are chosen so that each resource is computed by hand: a turn of 512
/// multiply-adds, 64 reads and 24 others, and 100 instructions before and after, of which 10 store.
class LaunchTimeTest {
  private static final Offset<Double> EXACT = within(1e-9);
  private static final GpuRates GPU = GpuRates.H100;
  private static final int TURNS = 10; // of each warp

  private static final Kernel CODE =
      new Kernel(
          16 << 10,
          5,
          64,
          1,
          512,
          0,
          Map.of(Pipe.FMA, 512, Pipe.SHARED, 60, Pipe.GLOBAL, 4, Pipe.INTEGER, 24),
          Map.of(Pipe.FMA, 512, Pipe.SHARED, 60, Pipe.GLOBAL, 14, Pipe.INTEGER, 114),
          Map.of(),
          Map.of(Pipe.GLOBAL, 6, Pipe.INTEGER, 30));

  private static KernelCounts counts(long blocks) {
    return counts(blocks, Map.of());
  }

  private static KernelCounts counts(long blocks, Map<String, Long> others) {
    long warps = 4 * blocks;
    var kinds = new TreeMap<>(Map.of("fma.f32", warps * TURNS * 512, "ld.shared", 1L));
    kinds.putAll(others);
    return new KernelCounts(
        "tile",
        blocks,
        128,
        0,
        kinds,
        0,
        0,
        new Traffic(warps * (TURNS * 4 + 10), blocks * 50_000, 0),
        new Traffic(warps * TURNS * 60, warps * TURNS * 100, 0),
        2 * 32 * warps * TURNS * 512,
        List.of());
  }

  private static Map<Resource, Double> needs(long blocks, long memoryBytes) {
    return LaunchTime.of(GPU, CODE, counts(blocks), memoryBytes).needs();
  }

  private static double microseconds(double clocks) {
    return clocks / 1.98e3;
  }

  /// Ten blocks on each of 132 multiprocessors: 40 warps of ten turns, ten warps a scheduler.
  @Test
  void addsUpWhatAMultiprocessorExecutes() {
    Map<Resource, Double> needs = needs(1320, 0);
    double turn = 512 + 60 + 4 + 24;
    assertThat(needs.get(Resource.ISSUE)).isCloseTo(microseconds(10 * (TURNS * turn + 100)), EXACT);
    assertThat(needs.get(Resource.FMA)).isCloseTo(microseconds(10 * TURNS * 512), EXACT);
    assertThat(needs.get(Resource.INTEGER))
        .isCloseTo(microseconds(40 * (TURNS * 24 + 90) * 32 / 64.0), EXACT);
    assertThat(needs.get(Resource.SHARED)).isCloseTo(microseconds(40 * TURNS * 100), EXACT);
    assertThat(needs.get(Resource.L2)).isCloseTo(1320 * 50_000 * 32.0 / 5500e3, EXACT);
    assertThat(needs.get(Resource.TENSOR)).isZero();
  }

  /// Of 132 blocks 16 share a tile: each arrives once, and every fourth once more.
  @Test
  void waitsForBarriersAndForTheLastBlockOfATile() {
    double alone = Objects.requireNonNull(needs(132, 0).get(Resource.LAUNCH));
    assertThat(alone).isEqualTo(GPU.waits().node());
    assertThat(starts(Map.of("atom.global", 132L + 33)))
        .isCloseTo(alone + microseconds(2 * 7 * 273), EXACT);
    assertThat(starts(Map.of("atom", 3 * 132L)))
        .isCloseTo(alone + 3 * GPU.waits().gridBarrier(), EXACT);
  }

  /// Five barriers over clusters, of which two have one over the grid between their halves.
  @Test
  void waitsForTheOthersOfACluster() {
    double alone = Objects.requireNonNull(needs(132, 0).get(Resource.LAUNCH));
    Map<String, Long> waits =
        Map.of("barrier.cluster", 5 * 2 * 4 * 132L, "ld.shared::cluster", 7 * 132L, "atom", 264L);
    double grid = 2 * GPU.waits().gridBarrier();
    assertThat(starts(waits))
        .isCloseTo(alone + grid + microseconds(3 * 3 * 180 + 7 * 256 / 12.5), EXACT);
  }

  private static double starts(Map<String, Long> waits) {
    var needs = LaunchTime.of(GPU, CODE, counts(132, waits), 0).needs();
    return Objects.requireNonNull(needs.get(Resource.LAUNCH));
  }

  /// 265 blocks: one multiprocessor has three, and the others wait for it.
  @Test
  void theLastBlockCostsAWave() {
    double two = Objects.requireNonNull(needs(264, 0).get(Resource.ISSUE));
    assertThat(needs(265, 0).get(Resource.ISSUE)).isCloseTo(1.5 * two, within(1e-6));
    assertThat(needs(396, 0).get(Resource.ISSUE)).isCloseTo(1.5 * two, within(1e-6));
    assertThat(needs(198, 0).get(Resource.ISSUE)).isCloseTo(two, within(1e-6));
  }

  /// Of 198 blocks a second wave has half. A whole one computes for a time and moves bytes for
  /// `share` of it, the second for half of that.
  @Test
  void aLastWaveComputesAloneWhereTheOthersMovedBytes() {
    KernelCounts of = counts(198);
    Traffic none = new Traffic(of.global().requests(), 0, 0);
    double wave = Objects.requireNonNull(needs(198, 0).get(Resource.ISSUE)) / 2;
    for (double share : new double[] {0.5, 1.5, 2.5}) {
      long bytes = Math.round(1.5 * share * wave * 3350 * 0.97 * 1e3);
      double waves = Math.max(1, share) + Math.max(1, share / 2);
      assertThat(needs(CODE, of, none, 0, bytes).get(Resource.LAST_WAVE))
          .isCloseTo((waves - Math.max(2, 1.5 * share)) * wave, within(1e-3));
    }
    assertThat(needs(264, 1L << 30).get(Resource.LAST_WAVE)).isZero();
  }

  /// An epilogue that touches memory less than the table says is executed all the same.
  @Test
  void whatLiesOutsideTheLoopIsPassedAtLeastOnce() {
    var traffic = new Traffic(4 * 1320 * TURNS * 3, 1320 * 50_000, 0); // of 4 in a turn 3 happen
    KernelCounts all = counts(1320);
    var fewer =
        new KernelCounts(
            "tile", 1320, 128, 0, all.instructions(), 0, 0, traffic, all.shared(), 0, List.of());
    assertThat(LaunchTime.of(GPU, CODE, fewer, 0).needs().get(Resource.ISSUE))
        .isEqualTo(needs(1320, 0).get(Resource.ISSUE));
  }

  /// Of 10 accesses outside the loop 2 lie in a loop beside it, with 15 of the 90 integer
  /// instructions: a warp that makes 18 accesses has passed that 5 times, and the rest once.
  @Test
  void aLoopBesideTheMainOneIsPassedMoreOften() {
    Map<Pipe, Integer> again = Map.of(Pipe.GLOBAL, 2, Pipe.INTEGER, 15);
    var code = new Kernel(16 << 10, 5, 64, 1, 512, 0, CODE.turn(), CODE.path(), again, Map.of());
    KernelCounts all = counts(1320);
    Traffic own = all.global();
    var traffic = new Traffic(own.requests() + 4 * 1320 * 8, own.moved(), own.ideal());
    assertThat(needs(code, all, traffic, 0).get(Resource.INTEGER))
        .isCloseTo(microseconds(40 * (TURNS * 24 + 75 + 5 * 15) * 32 / 64.0), EXACT);
  }

  /// Every fourth of 1320 blocks comes to a counter twice: 1650 parts, each of 30 integer
  /// instructions of four warps, and 6 accesses that tell nothing of the path.
  @Test
  void partsOfASharedSumComeOnTop() {
    KernelCounts alone = counts(1320, Map.of("atom.global", 1650L));
    Traffic own = alone.global();
    var traffic = new Traffic(own.requests() + 4 * 1650 * 6, own.moved(), own.ideal());
    Map<Resource, Double> needs = needs(CODE, alone, traffic, 0);
    assertThat(needs.get(Resource.INTEGER))
        .isCloseTo(microseconds(4 * (10 * (TURNS * 24 + 90) + 12.5 * 30) * 32 / 64.0), EXACT);
  }

  /// Of eight copies in a turn three are made, as where half of a tile is kept: those are issued,
  /// and what lies outside is passed once all the same.
  @Test
  void copiesAreThoseThatWereMade() {
    Map<Pipe, Integer> turn = new EnumMap<>(CODE.turn());
    turn.put(Pipe.COPY, 8);
    Map<Pipe, Integer> path = new EnumMap<>(CODE.path());
    path.put(Pipe.COPY, 24);
    var copying = new Kernel(16 << 10, 5, 64, 1, 512, 0, turn, path, Map.of(), Map.of());
    long made = 4 * 1320 * TURNS * 3;
    KernelCounts all = counts(1320, Map.of("cp.global", made));
    Traffic own = all.global();
    var traffic = new Traffic(own.requests() + made, own.moved(), own.ideal());
    double turns = 512 + 60 + 4 + 24 + 3;
    assertThat(needs(copying, all, traffic, 0).get(Resource.ISSUE))
        .isCloseTo(microseconds(10 * (TURNS * turns + 100)), EXACT);
  }

  /// A block on each multiprocessor, of which one does half as much again as they do on average. Of
  /// ten on each the scheduler gives the next to who is ready.
  @Test
  void theBusiestBlockIsWaitedForWhereEachIsAlone() {
    for (long blocks : new long[] {132, 1320}) {
      KernelCounts all = counts(blocks);
      double share = blocks == 132 ? 1.5 : 1;
      long busiest = 3 * all.warpInstructions() / (2 * blocks);
      assertThat(needs(CODE, all, all.global(), busiest).get(Resource.FMA))
          .isCloseTo(share * microseconds(blocks / 132.0 * TURNS * 512), within(1e-3));
    }
  }

  private static Map<Resource, Double> needs(
      Kernel code, KernelCounts of, Traffic traffic, long busiest) {
    return needs(code, of, traffic, busiest, 0);
  }

  private static Map<Resource, Double> needs(
      Kernel code, KernelCounts of, Traffic traffic, long busiest, long memoryBytes) {
    var counts =
        new KernelCounts(
            "tile",
            of.blocks(),
            128,
            0,
            of.instructions(),
            busiest,
            0,
            traffic,
            of.shared(),
            0,
            List.of());
    return LaunchTime.of(GPU, code, counts, memoryBytes).needs();
  }

  /// Of a path with 5 exponentials, of which a warp executes 20: it is passed four times.
  @Test
  void specialFunctionsTellHowOftenAnEpilogueIsPassed() {
    Map<Pipe, Integer> path = new EnumMap<>(CODE.path());
    path.put(Pipe.MUFU, 5);
    var gated = new Kernel(16 << 10, 5, 64, 1, 512, 0, CODE.turn(), path, Map.of(), CODE.split());
    long warps = 4 * 1320;
    var needs = LaunchTime.of(GPU, gated, counts(1320, Map.of("ex2.f32", 20 * warps)), 0).needs();
    assertThat(needs.get(Resource.MUFU)).isCloseTo(microseconds(40 * 20 * 32 / 16.0), EXACT);
    assertThat(needs.get(Resource.INTEGER))
        .isCloseTo(microseconds(40 * (TURNS * 24 + 4 * 90) * 32 / 64.0), EXACT);
  }

  @Test
  void memoryMovesAtWhatACopyReaches() {
    assertThat(needs(1320, 3_350_000).get(Resource.DRAM)).isCloseTo(1 / 0.97, EXACT);
  }

  /// Five resident blocks have 64 bytes of 128 threads under way each; a fetch takes 273 clocks.
  @Test
  void fewBytesUnderWayTakeLong() {
    double bytes = 10 * 50_000 * 32.0;
    assertThat(needs(1320, 0).get(Resource.LATENCY))
        .isCloseTo(microseconds(bytes / (5 * 64 * 128) * 273), EXACT);
  }

  @Test
  void theLongestLimitsAndTheStartComesOnTop() {
    LaunchTime time = LaunchTime.of(GPU, CODE, counts(1320), 0);
    double longest = Objects.requireNonNull(time.needs().get(time.limit()));
    assertThat(time.needs().values()).allMatch(need -> need <= longest);
    assertThat(time.needs().get(Resource.OUTSIDE)).isZero();
    assertThat(time.microseconds()).isEqualTo(longest + GPU.waits().node());
  }

  /// A block on each multiprocessor: ten turns of four warps, then what lies outside, which is 90
  /// integer instructions of each at half of their rate.
  @Test
  void aBlockAloneDoesWhatLiesOutsideTheLoopAfterwards() {
    LaunchTime time = LaunchTime.of(GPU, CODE, counts(132), 0);
    double outside = microseconds(4 * 90 * 32 / 64.0);
    assertThat(time.needs().get(Resource.ISSUE)).isCloseTo(microseconds(TURNS * 600), EXACT);
    assertThat(time.needs().get(Resource.OUTSIDE)).isCloseTo(outside, EXACT);
    double longest = 132 * 50_000 * 32.0 / 5500e3; // L2
    assertThat(time.microseconds()).isCloseTo(longest + outside + GPU.waits().node(), EXACT);
  }

  /// Of ten blocks, too, the most has nothing that overlaps with the loop, and a slower clock.
  @Test
  void theMostIsAtTheClockThatPowerLeaves() {
    LaunchTime time = LaunchTime.of(GPU, CODE, counts(1320), 0);
    double longest = 1320 * 50_000 * 32.0 / 5500e3;
    double outside = microseconds(40 * 90 * 32 / 64.0) / 0.81;
    assertThat(time.mostMicroseconds())
        .isCloseTo(longest + outside + GPU.waits().node(), within(1e-6));
    assertThat(time.microseconds()).isCloseTo(longest + GPU.waits().node(), EXACT);
  }

  /// What was measured on a GPU takes the place of what is assumed.
  @Test
  void measuredRatesAreUsed() {
    var measured =
        new Measured(
            "NVIDIA H100 80GB HBM3",
            1.7,
            50,
            600,
            new Measured.Memory(5000, 260),
            new Measured.Memory(3000, 600),
            new Measured.Waits(1.1, 2.2, 0.9));
    LaunchTime time =
        LaunchTime.of(GPU.with(measured), CODE, counts(1320, Map.of("atom", 1320L)), 0);
    assertThat(time.needs().get(Resource.L2)).isCloseTo(1320 * 50_000 * 32.0 / 5000e3, EXACT);
    assertThat(time.needs().get(Resource.SHARED)).isCloseTo(40 * TURNS * 100 / 1.7e3, EXACT);
    assertThat(time.needs().get(Resource.LAUNCH)).isCloseTo(1.1 + 0.9, EXACT);
    assertThat(GPU.with(measured).loaded().cores().loaded()).isEqualTo(1.7);
    assertThatThrownBy(() -> GpuRates.A100.with(measured))
        .hasMessage(
            "--constants were measured on NVIDIA H100 80GB HBM3, not on A100; leave out one of the two");
  }

  /// What ships: 636 instructions in a turn of `linear` on sm_90 with 512 multiply-adds, as counted
  /// by hand, and 104 with eight products on tensor cores in bf16.
  @Test
  void readsTheTableThatShips() {
    var code = MachineCode.shipped("sm_90");
    Kernel linear = code.of("linear");
    assertThat(linear.turnFfma()).isEqualTo(512);
    assertThat(linear.turn().values().stream().mapToInt(n -> n).sum()).isBetween(540, 700);
    Kernel bf16 = code.of("linear_bf16");
    assertThat(bf16.turnMma()).isEqualTo(8);
    assertThat(bf16.turn(Pipe.TENSOR)).isEqualTo(8);
    assertThat(code.find("softplus")).isEmpty(); // an op that is new, say
    assertThatThrownBy(() -> code.of("softplus"))
        .isInstanceOf(UserException.class)
        .hasMessage("sass.tsv has no kernel softplus for sm_90; run 'make -C cuda-build sass'");
  }
}
