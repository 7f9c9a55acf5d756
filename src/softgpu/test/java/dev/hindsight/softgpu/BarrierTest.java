package dev.hindsight.softgpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.hindsight.softgpu.base.Dim3;
import dev.hindsight.softgpu.base.Options;
import dev.hindsight.softgpu.check.DeviceFault;
import dev.hindsight.softgpu.check.Finding;
import dev.hindsight.softgpu.check.Kind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Named barriers: who may meet at them, and what they order.
class BarrierTest {
  private static final int SEEDS = 20;

  /// A kernel of two warps. `%p0` is true in the second, `%p1` in the upper half of each, `%p2` in
  /// the first lane; `%r0` is the thread, and 128 bytes of shared memory lie at `s`.
  private static void run(String body, long seed) {
    String ptx =
        """
        .version 7.0
        .target sm_80
        .address_size 64
        .visible .entry k()
        {
          .reg .pred %p<5>;
          .reg .b32 %r<9>;
          .shared .align 4 .b8 s[128];
          mov.u32 %r0, %tid.x;
          setp.ge.u32 %p0, %r0, 32;
          and.b32 %r1, %r0, 16;
          setp.ne.u32 %p1, %r1, 0;
          and.b32 %r1, %r0, 31;
          setp.eq.u32 %p2, %r1, 0;
        """
            + body
            + "}\n";
    Options options = Options.standard().withScheduleSeed(seed).withStepBudget(100_000_000);
    new TestDevice(options, ptx, "barriers.ptx").launch("k", new Dim3(1), new Dim3(64));
  }

  private static DeviceFault fault(String body, long seed) {
    DeviceFault fault = catchThrowableOfType(DeviceFault.class, () -> run(body, seed));
    assertThat(fault).as("seed %d", seed).isNotNull();
    return fault;
  }

  private static String meet(String predicate, String one, String other) {
    return """
      @%s bra A;
      %s;
      bra B;
    A:
      %s;
    B:
      ret;
    """
        .formatted(predicate, one, other);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "bar.sync 1, 64; bar.sync 1, 64",
        "bar.sync 1, 64; bar.red.popc.u32 %r2, 1, 64, %p0",
        "bar.arrive 1, 64; bar.sync 1, 64",
        "bar.sync 1; bar.sync 1, 64",
        "barrier.sync 1; barrier.sync 1"
      })
  void warpsMeetFromTwoPlaces(String one, String other) {
    for (long seed = 0; seed < SEEDS; seed++) {
      run(meet("%p0", one, other), seed);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "%p0; bar.sync 1; bar.sync 1; threads of the block wait at different bar.sync",
        "%p1; bar.sync 1, 64; bar.sync 1, 64; threads of a warp wait at different bar.sync",
        "%p1; bar.sync 1; bar.sync 1; threads of a warp wait at different bar.sync",
        "%p0; bar.sync 1, 64; bar.sync 1, 96; another number of threads is wanted by another"
      })
  void othersMustNot(String predicate, String one, String other, String says) {
    for (long seed = 0; seed < SEEDS; seed++) {
      DeviceFault fault = fault(meet(predicate, one, other), seed);
      assertThat(fault.first().kind()).isEqualTo(Kind.DIVERGENT_BARRIER);
      assertThat(fault.getMessage()).contains(says);
    }
  }

  /// Threads that have exited are not waited for: a barrier is for those that have not.
  @ParameterizedTest
  @ValueSource(
      strings = {
        "@%p0 ret; bar.sync 0;",
        "@%p1 ret; bar.sync 0; st.shared.u32 [s], 1;",
        "@%p1 bra OUT; bar.sync 0; bra END; OUT: st.shared.u32 [s], 2; exit; END:",
        "mov.u32 %r6, 16; AGAIN: bar.sync 0; add.u32 %r6, %r6, 16; setp.lt.u32 %p3, %r0, %r6;"
            + " @%p3 ret; setp.lt.u32 %p4, %r6, 64; @%p4 bra AGAIN;",
        "mov.u32 %r6, 0; AGAIN: setp.lt.u32 %p3, %r0, %r6; @%p3 ret; bar.sync 0;"
            + " add.u32 %r6, %r6, 16; setp.lt.u32 %p4, %r6, 64; @%p4 bra AGAIN;"
      })
  void whoReturnsIsNotWaitedFor(String body) {
    for (long seed = 0; seed < SEEDS; seed++) {
      run(body, seed);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "@%p0 bra PAST; bar.sync 0; PAST: st.shared.u32 [s+64], 2; ret;",
        "@%p1 bra PAST; bar.sync 0; PAST: mov.u32 %r6, 2; ret;",
        "bar.sync 0; @%p1 bra PAST; bar.sync 0; PAST: mov.u32 %r6, 2; @%p0 ret; mov.u32 %r6, 3;",
        "@%p1 bra PAST; bar.sync 0; bra PAST; PAST: bra ON; ON: mov.u32 %r6, 2; ret;"
      })
  void whoGoesPastIsFound(String body) {
    for (long seed = 0; seed < SEEDS; seed++) {
      DeviceFault fault = fault(body, seed);
      assertThat(fault.first().kind()).isEqualTo(Kind.DIVERGENT_BARRIER);
      assertThat(fault.getMessage()).contains("only 32 of 64 threads", "others went past it");
    }
  }

  private static String roles(String first, String second) {
    return """
      @%%p0 bra SECOND;
    %s
      ret;
    SECOND:
    %s
      ret;
    """
        .formatted(first, second);
  }

  private static final String STORE = "@%p2 st.shared.u32 [s], 1;\n";
  private static final String LOAD = "@%p2 ld.shared.u32 %r3, [s];\n";

  private static final String WASTE_TIME = loop(300, "");

  private static void isRace(String first, String second) {
    for (long seed = 0; seed < SEEDS; seed++) {
      assertThat(fault(roles(first, second), seed).findings())
          .extracting(Finding::kind)
          .containsOnly(Kind.SHARED_RACE);
    }
  }

  @Test
  void whatLiesBeforeAnArrivalIsOrdered() {
    String full = "bar.arrive 1, 64;\n";
    String consumes = "bar.sync 1, 64;\n" + LOAD + "bar.arrive 2, 64;\n";
    String again = STORE + full + "bar.sync 2, 64;\n" + STORE.replace("1;", "2;") + full;
    for (long seed = 0; seed < SEEDS; seed++) {
      run(roles(again, consumes + "bar.sync 1, 64;\n" + LOAD), seed);
    }
  }

  @Test
  void whatLiesBehindAnArrivalIsNot() {
    isRace(STORE + "bar.arrive 1, 64;\n" + STORE.replace("1;", "2;"), "bar.sync 1, 64;\n" + LOAD);
  }

  /// Who arrives without waiting knows nothing of what others did before they came.
  @Test
  void whoArrivesLearnsNothing() {
    isRace(
        STORE + "bar.sync 2, 64;\nbar.arrive 1, 64;\n" + WASTE_TIME + STORE.replace("1;", "2;"),
        "bar.sync 2, 64;\n" + LOAD + "bar.sync 1, 64;\n");
  }

  @Test
  void anArrivalOrdersNoLanesOfItsWarp() {
    String lane = "shl.b32 %r2, %r0, 2; mov.u32 %r4, s; add.u32 %r5, %r4, %r2;\n";
    isRace(
        lane
            + "st.shared.u32 [%r5], 1;\nbar.arrive 1, 64;\nxor.b32 %r2, %r2, 4;\n"
            + "add.u32 %r5, %r4, %r2;\nld.shared.u32 %r3, [%r5];\n",
        "bar.sync 1, 64;\n");
  }

  private static String loop(int times, String body) {
    return """
    mov.u32 %%r6, 0;
    AGAIN:
    %s
    add.u32 %%r6, %%r6, 1;
    setp.lt.u32 %%p3, %%r6, %d;
    @%%p3 bra AGAIN;
    """
        .formatted(body, times);
  }

  /// A stamp of shared memory has 14 bits for the epochs of a warp.
  @ParameterizedTest
  @ValueSource(ints = {16_381, 16_382, 16_383, 16_384, 16_400, 33_000})
  void racesAreFoundHoweverOftenAWarpMet(int times) {
    String many = STORE + "bar.sync 0;\n" + loop(times, "bar.warp.sync -1;");
    String meet = "bar.sync 1, 64;\n";
    String race = roles(meet + STORE.replace("1;", "2;"), meet + LOAD);
    assertThat(fault(many + race, 0).first().kind()).isEqualTo(Kind.SHARED_RACE);
  }

  @Test
  void orderIsKnownHoweverManyNamedBarriersThereWere() {
    String both = "bar.sync 1, 64;\n%sbar.sync 2, 64;\n";
    run(
        roles(
            loop(20_000, STORE + both.formatted("")),
            loop(20_000, both.formatted(LOAD)).replace("AGAIN", "THERE")),
        0);
  }

  /// And 21 bits for those of a block.
  @Test
  void whatWasWrittenStaysWrittenHoweverManyBarriersThereWere() {
    run(STORE + loop(1 << 17, "bar.sync 0;\n".repeat(16)) + "bar.sync 0;\n" + LOAD, 0);
  }
}
