package dev.hindsight.softgpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.hindsight.softgpu.base.Check;
import dev.hindsight.softgpu.base.Dim3;
import dev.hindsight.softgpu.base.Options;
import dev.hindsight.softgpu.check.DeviceFault;
import dev.hindsight.softgpu.check.Finding;
import dev.hindsight.softgpu.check.Kind;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// What PTX's memory model orders between blocks is no race, and what it does not order is one.
class GlobalRaceTest {
  /// Blocks of one thread: the first runs `first`, two others run `others`. `[%rd1]` holds data,
  /// `[%rd2]` and `[%rd2+4]` are flags; all are 0 at the start.
  record Case(String name, String first, String others) {
    String ptx() {
      return """
      .version 7.0
      .target sm_80
      .address_size 64
      .visible .entry k(.param .u64 d, .param .u64 f)
      {
        .reg .pred %p<5>;
        .reg .b32 %r<9>;
        .reg .b64 %rd<5>;
        ld.param.u64 %rd1, [d];
        ld.param.u64 %rd2, [f];
        mov.u32 %r1, %ctaid.x;
        setp.ne.u32 %p1, %r1, 0;
        @%p1 bra OTHERS;
      """
          + first
          + "ret;\nOTHERS:\n"
          + others
          + "ret;\n}\n";
    }

    @Override
    public String toString() {
      return name;
    }
  }

  private static final String WRITE = "st.global.u32 [%rd1], 7;\n";
  private static final String READ = "ld.global.u32 %r2, [%rd1];\n";
  private static final String FENCE = "membar.gl;\n";
  private static final String RELEASE = "st.release.gpu.global.u32 [%rd2], 1;\n";

  private static String poll(String load) {
    return """
    AGAIN:
    %s %%r3, [%%rd2];
    setp.eq.u32 %%p2, %%r3, 0;
    @%%p2 bra AGAIN;
    """
        .formatted(load);
  }

  private static final String VOLATILE = poll("ld.volatile.global.u32");
  private static final String RELAXED = poll("ld.relaxed.gpu.global.u32");
  private static final String ACQUIRE = poll("ld.acquire.gpu.global.u32");

  /// All arrive; who comes last goes on.
  private static final String LAST =
      """
      atom.global.add.u32 %r3, [%rd2], 1;
      setp.ne.u32 %p2, %r3, 2;
      @%p2 ret;
      """;

  private static final String SUM = "red.global.add.u32 [%rd1], 5;\n";
  private static final String RESET = "st.global.u32 [%rd2], 0;\n";

  static Stream<Case> clean() {
    String sums = SUM + FENCE + LAST;
    String stage =
        """
        atom.add.release.gpu.u32 %r3, [%rd2+S], 1;
        AGAINS:
        ld.acquire.gpu.u32 %r4, [%rd2+S];
        setp.ne.u32 %p2, %r4, 3;
        @%p2 bra AGAINS;
        """;
    String reads = READ + stage.replace("S", "4");
    return Stream.of(
        new Case("last block reads an atomic sum", sums + FENCE + READ, sums + FENCE + READ),
        new Case("last block resets the counter", LAST + RESET, LAST + RESET),
        new Case(
            "volatile flag and fences",
            WRITE + FENCE + "st.volatile.global.u32 [%rd2], 1;\n",
            VOLATILE + FENCE + READ),
        new Case(
            "relaxed flag and fences",
            WRITE + FENCE + "st.relaxed.gpu.global.u32 [%rd2], 1;\n",
            RELAXED + FENCE + READ),
        new Case("release and acquire", WRITE + RELEASE, ACQUIRE + READ),
        new Case(
            "fence and acquire", WRITE + FENCE + "red.global.add.u32 [%rd2], 1;\n", ACQUIRE + READ),
        new Case(
            "an atomic that acquires",
            WRITE + RELEASE,
            poll("atom.acquire.gpu.global.or.b32").replace("[%rd2];", "[%rd2], 0;") + READ),
        new Case(
            "plain read of the flag that was acquired",
            RELEASE,
            ACQUIRE + "ld.global.u32 %r2, [%rd2];\n"),
        new Case("all have read before one writes", reads.replace("AGAIN", "FIRST") + WRITE, reads),
        new Case("atomics of all blocks", SUM, SUM),
        new Case("volatile beside atomics", SUM, "ld.volatile.global.u32 %r2, [%rd1];\n"));
  }

  private static final Case LAST_BLOCK_SUMS =
      new Case(
          "sum without a fence before the read",
          SUM + FENCE + LAST + READ,
          SUM + FENCE + LAST + READ);

  static Stream<Case> races() {
    return Stream.of(
        LAST_BLOCK_SUMS,
        new Case(
            "sum without a fence behind", SUM + LAST + FENCE + READ, SUM + LAST + FENCE + READ),
        new Case(
            "relaxed flag, no fence of the writer",
            WRITE + "st.relaxed.gpu.global.u32 [%rd2], 1;\n",
            RELAXED + FENCE + READ),
        new Case("relaxed flag, no fence of the reader", WRITE + RELEASE, RELAXED + READ),
        new Case("write behind the release", RELEASE + WRITE, ACQUIRE + READ),
        new Case(
            "released for the block alone", WRITE + RELEASE.replace("gpu", "cta"), ACQUIRE + READ),
        new Case(
            "acquired for the block alone", WRITE + RELEASE, ACQUIRE.replace("gpu", "cta") + READ),
        new Case(
            "another word is released",
            WRITE + RELEASE + "st.relaxed.gpu.global.u32 [%rd2+4], 1;\n",
            ACQUIRE.replace("[%rd2]", "[%rd2+4]") + READ),
        new Case(
            "atomics of a block's scope",
            SUM.replace("global", "cta.global"),
            SUM.replace("global", "cta.global")),
        new Case(
            "a reduction learns nothing",
            WRITE + FENCE + "red.global.add.u32 [%rd2], 1;\n",
            "red.global.add.u32 [%rd2], 1;\n" + FENCE + READ),
        new Case("plain read beside atomics", SUM, READ),
        new Case(
            "plain write beside volatile reads", WRITE, "ld.volatile.global.u32 %r2, [%rd1];\n"),
        new Case("plain readers of a word that is written", WRITE, READ));
  }

  @ParameterizedTest
  @MethodSource("clean")
  void whatIsOrderedIsNoRace(Case tried) {
    for (long seed = 0; seed < 20; seed++) {
      run(tried, seed, Check.named("all"));
    }
  }

  /// As NVIDIA's sample threadFenceReduction does.
  @Test
  void theLastBlockNeedsNoFenceUnlessSomebodyAsks() {
    for (long seed = 0; seed < 20; seed++) {
      run(LAST_BLOCK_SUMS, seed, Check.named("all,-acquire"));
    }
  }

  /// All others are races whatever an atomic acquires.
  @ParameterizedTest
  @MethodSource("races")
  void othersAreFoundWithoutTheFormalCheck(Case tried) {
    if (!tried.equals(LAST_BLOCK_SUMS)) {
      Set<Check> checks = Check.named("standard,global-race");
      assertThatThrownBy(() -> run(tried, 0, checks)).isInstanceOf(DeviceFault.class);
    }
  }

  @ParameterizedTest
  @MethodSource("races")
  void whatIsNotOrderedIsFound(Case tried) {
    for (long seed = 0; seed < 20; seed++) {
      long schedule = seed;
      DeviceFault fault =
          catchThrowableOfType(DeviceFault.class, () -> run(tried, schedule, Check.named("all")));
      assertThat(fault).as("seed %d", seed).isNotNull();
      assertThat(fault.findings()).extracting(Finding::kind).containsOnly(Kind.GLOBAL_RACE);
    }
  }

  /// All blocks at once, so that one may wait for another.
  private static void run(Case tried, long seed, Set<Check> checks) {
    Options options =
        Options.standard().withChecks(checks).withStepBudget(100_000).withScheduleSeed(seed);
    TestDevice device = new TestDevice(options, tried.ptx(), "races.ptx");
    long data = device.ints("data", 0);
    long flags = device.ints("flags", 0, 0);
    device.launch("k", new Dim3(3), new Dim3(1), 0, true, List.of(data, flags));
  }
}
