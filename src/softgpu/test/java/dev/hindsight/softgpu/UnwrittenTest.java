package dev.hindsight.softgpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.hindsight.softgpu.base.Allocation;
import dev.hindsight.softgpu.base.Dim3;
import dev.hindsight.softgpu.base.Options;
import dev.hindsight.softgpu.check.DeviceFault;
import dev.hindsight.softgpu.check.Kind;
import java.lang.foreign.MemorySegment;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Bytes that nobody wrote may be loaded, copied and dropped, and may decide nothing.
class UnwrittenTest {
  private static final int THREADS = 37;
  private static final int BYTES = 64;

  /// In lane 5, of which `%p2` is true, `%r1` is unwritten, and zero in the others of one warp.
  private static final String OF_LANE_5 =
      "setp.ge.u32 %p2, %r0, 32; @%p2 ret; setp.eq.u32 %p2, %r0, 5; mov.u32 %r1, 0;"
          + " @%p2 ld.global.u32 %r1, [%rd1+4]; ";

  /// Each thread has 64 bytes from `[%rd1]` on, of which those at 4, 5, 6, 7 and from 32 on are
  /// unwritten, and 64 zeros from `[%rd2]` on. `%r0` is the thread, `%p0` is true, `%p1` false.
  private static String ptx(String body) {
    return """
    .version 7.6
    .target sm_80
    .address_size 64
    .visible .entry k(.param .u64 x, .param .u64 y)
    {
      .reg .pred %p<5>; .reg .b16 %h<5>; .reg .b32 %r<9>; .reg .b64 %rd<9>; .reg .f32 %f<5>;
      .shared .align 16 .b8 s[4096];
      .local .align 16 .b8 l[64];
      ld.param.u64 %rd1, [x];
      ld.param.u64 %rd2, [y];
      mov.u32 %r0, %tid.x;
      mad.wide.u32 %rd1, %r0, 64, %rd1;
      mad.wide.u32 %rd2, %r0, 64, %rd2;
      setp.ge.u32 %p0, %r0, 0;
      setp.lt.u32 %p1, %r0, 0;
    """
        + body
        + "\n  ret;\n}\n";
  }

  private long y;

  private void run(TestDevice on) {
    long x = on.memory().allocate((long) THREADS * BYTES, "x");
    y = on.memory().allocate((long) THREADS * BYTES, "y");
    for (int t = 0; t < THREADS; t++) {
      MemorySegment bytes = MemorySegment.ofArray(new byte[32]);
      on.memory().copyIn(x + (long) t * BYTES, bytes, 4);
      on.memory().copyIn(x + (long) t * BYTES + 8, bytes, 24);
    }
    on.memory().copyIn(y, MemorySegment.ofArray(new byte[THREADS * BYTES]), THREADS * BYTES);
    on.launch("k", new Dim3(1), new Dim3(THREADS), x, y);
  }

  private TestDevice run(String body) {
    TestDevice fresh = new TestDevice(Options.standard(), ptx(body), "unwritten.ptx");
    run(fresh);
    return fresh;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ld.global.u32 %r1, [%rd1+4];",
        "ld.global.v4.u32 {%r1, %r2, %r3, %r4}, [%rd1];"
            + " st.global.v4.u32 [%rd2], {%r1, %r2, %r3, %r4};",
        "ld.global.u64 %rd3, [%rd1]; st.global.u64 [%rd2], %rd3;",
        "ld.global.u64 %rd3, [%rd1]; cvt.u32.u64 %r1, %rd3; add.u32 %r1, %r1, 1;"
            + " st.global.u32 [%rd2], %r1;",
        "ld.global.u64 %rd3, [%rd1]; mov.b64 {%r1, %r2}, %rd3; add.u32 %r1, %r1, 1;"
            + " st.global.u32 [%rd2], %r1;",
        "ld.global.u64 %rd3, [%rd1]; shl.b64 %rd3, %rd3, 32; shr.u64 %rd3, %rd3, 32;"
            + " add.u64 %rd3, %rd2, %rd3; st.global.u32 [%rd3], 1;",
        "ld.global.u64 %rd3, [%rd1]; and.b64 %rd3, %rd3, 65535; setp.eq.u64 %p2, %rd3, 7;"
            + " @%p2 bra ON; ON:",
        "ld.global.u64 %rd3, [%rd1]; bfe.u64 %rd3, %rd3, 8, 16; st.global.u64 [%rd2], %rd3;",
        "ld.global.u8 %h1, [%rd1+5]; st.global.u8 [%rd2+5], %h1;",
        "ld.global.u32 %r1, [%rd1+4]; selp.b32 %r1, %r1, %r0, %p1; st.global.u32 [%rd2], %r1;",
        "ld.global.u32 %r1, [%rd1+4]; selp.b32 %r1, %r0, %r1, %p0; st.global.u32 [%rd2], %r1;",
        "ld.global.u32 %r1, [%rd1+4]; selp.b32 %r1, %r0, %r1, !%p1; st.global.u32 [%rd2], %r1;",
        "ld.global.f32 %f1, [%rd1+4]; add.f32 %f1, %f1, 0f3F800000; @%p1 st.global.f32 [%rd2],"
            + " %f1;",
        "ld.local.u32 %r1, [l]; mov.u32 %r1, 5; st.global.u32 [%rd2], %r1;",
        "ld.global.u32 %r1, [%rd1+4]; st.local.u32 [l], %r1; st.shared.u32 [s], 1;",
        "ld.global.u32 %r1, [%rd1+4]; add.u32 %r1, %r1, 1; st.local.u32 [l], %r1;",
        "ld.shared.u32 %r1, [s+64]; st.global.u32 [%rd2], %r0;",
        "ld.global.u32 %r1, [%rd1+4]; setp.eq.u32 %p2, %r1, 7; and.pred %p2, %p2, %p1; @%p2 bra ON;"
            + " ON:",
        "ld.global.u32 %r1, [%rd1+4]; setp.eq.u32 %p2, %r1, 7; or.pred %p2, !%p1, %p2;"
            + " selp.b32 %r1, 1, 0, %p2; st.global.u32 [%rd2], %r1;",
        OF_LANE_5 + "shfl.sync.idx.b32 %r2, %r1, 4, 31, -1; st.global.u32 [%rd2], %r2;",
      })
  void whatIsCopiedOrDroppedIsNoFinding(String body) {
    run(body);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "ld.global.u32 %r1, [%rd1+4]; st.global.u32 [%rd2], %r1; | is stored as a result",
        "ld.global.u64 %rd3, [%rd1+32]; st.global.u64 [%rd2], %rd3; | is stored as a result",
        "ld.global.u64 %rd3, [%rd1]; add.u64 %rd3, %rd3, 1; st.global.u64 [%rd2], %rd3; | is"
            + " stored",
        "ld.global.u64 %rd3, [%rd1]; mov.b64 {%r1, %r2}, %rd3; neg.s32 %r2, %r2;"
            + " st.global.u32 [%rd2], %r2; | is stored as a result",
        "ld.global.u32 %r1, [%rd1+4]; setp.eq.u32 %p2, %r1, 7; @%p2 bra ON; ON: | decides whether",
        "ld.global.u8 %h1, [%rd1+5]; setp.eq.u16 %p2, %h1, 7; @!%p2 mov.u32 %r1, 1; | decides",
        "ld.global.u32 %r1, [%rd1+4]; setp.eq.u32 %p2, %r1, 7; selp.b32 %r1, %r0, 0, %p2;"
            + " st.global.u32 [%rd2], %r1; | is stored as a result",
        "ld.global.u32 %r1, [%rd1+4]; setp.eq.u32 %p2, %r1, 7; and.pred %p2, %p2, %p0; @%p2 bra ON;"
            + " ON: | decides",
        "ld.global.u32 %r1, [%rd1+4]; setp.eq.u32 %p2, %r1, 7; or.pred %p2, %p1, %p2; @%p2 bra ON;"
            + " ON: | decides",
        "ld.global.u32 %r1, [%rd1+4]; setp.eq.u32 %p2, %r1, 7; xor.pred %p2, %p1, %p2; @%p2 bra ON;"
            + " ON: | decides",
        "ld.global.u32 %r1, [%rd1+4]; selp.b32 %r1, %r1, %r0, %p0; st.global.u32 [%rd2], %r1; | is",
        "ld.global.u32 %r1, [%rd1+4]; mul.wide.u32 %rd3, %r1, 0; add.u64 %rd3, %rd3, %rd2;"
            + " st.global.u32 [%rd3], 1; | is an address",
        "ld.global.u32 %r1, [%rd1+4]; red.global.add.u32 [%rd2], %r1; | takes part in an atomic",
        "ld.global.s8 %r1, [%rd1+5]; shr.u32 %r1, %r1, 24; setp.ne.u32 %p2, %r1, 1; @%p2 ret; | de",
        "ld.global.u32 %r1, [%rd1+4]; add.u32 %r1, %r1, 1; shl.b32 %r2, %r0, 2; mov.u32 %r3, s;"
            + " add.u32 %r2, %r3, %r2; st.shared.u32 [%r2], %r1; | is stored as a result",
        "ld.shared.u32 %r1, [s+4]; st.global.u32 [%rd2], %r1; | is stored as a result",
        "ld.local.v2.u32 {%r1, %r2}, [l+8]; st.global.u32 [%rd2], %r2; | is stored as a result",
        "ld.global.u32 %r1, [%rd1+4]; st.local.u32 [l], %r1; ld.local.u32 %r2, [l];"
            + " st.global.u32 [%rd2], %r2; | __local__ memory read",
        "ld.global.u64 %rd3, [%rd1]; st.local.u64 [l], %rd3; ld.local.u32 %r2, [l+4];"
            + " st.global.u32 [%rd2], %r2; | __local__ memory read",
        "ld.global.u64 %rd3, [%rd1]; st.global.u64 [%rd2], %rd3; ld.global.u32 %r2, [%rd2+4];"
            + " setp.eq.u32 %p2, %r2, 3; @%p2 ret; | inside",
        "ld.global.u32 %r1, [%rd1+4]; add.u32 %r2, %r1, %r0; cvt.rn.f32.u32 %f1, %r2;"
            + " sqrt.rn.f32 %f1, %f1; st.global.f32 [%rd2], %f1; | is stored as a result",
      })
  void whatIsUsedIsFoundWhereItWasLoaded(String body, String says) {
    DeviceFault fault = catchThrowableOfType(DeviceFault.class, () -> run(body));
    assertThat(fault).as("nothing is found").isNotNull();
    assertThat(fault.findings()).hasSize(1);
    assertThat(fault.first().kind()).isEqualTo(Kind.UNINITIALISED);
    assertThat(fault.first().repeats()).isEqualTo(THREADS - 1);
    assertThat(fault.first().site().ptx()).contains("ld.");
    assertThat(fault.getMessage()).contains(says).contains("what was read ");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "shfl.sync.idx.b32 %r2, %r1, 5, 31, -1;",
        "setp.eq.u32 %p3, %r1, 7; vote.sync.ballot.b32 %r2, %p3, -1;",
      })
  void whatALaneTellsOthersIsFoundInThem(String collective) {
    String body = OF_LANE_5 + collective + " @!%p2 st.global.u32 [%rd2], %r2;";
    DeviceFault fault = catchThrowableOfType(DeviceFault.class, () -> run(body));
    assertThat(fault).as("nothing is found").isNotNull();
    assertThat(fault.first().kind()).isEqualTo(Kind.UNINITIALISED);
    assertThat(fault.first().repeats()).isEqualTo(30);
  }

  /// A register that a call gives back is not what the function has made of its own.
  @Test
  void aCallLeavesTheRegistersOfItsCallerAsTheyWere() {
    String function =
        """
        .func g(.param .b64 x, .param .b32 n)
        {
          .reg .pred %p<2>; .reg .b32 %r<3>; .reg .b64 %rd<2>;
          ld.param.u64 %rd1, [x];
          ld.param.u32 %r1, [n];
          setp.eq.u32 %p1, %r1, 0;
          @%p1 bra LAST;
          sub.u32 %r1, %r1, 1;
          {
            .param .b64 a; .param .b32 b;
            st.param.u64 [a], %rd1;
            st.param.u32 [b], %r1;
            call g, (a, b);
          }
          ld.global.u32 %r2, [%rd1];
          st.global.u32 [%rd1], %r2;
          ret;
        LAST:
          ld.global.u64 %rd1, [%rd1+32];
          ret;
        }
        """;
    String call =
        """
        {
          .param .b64 a; .param .b32 b;
          st.param.u64 [a], %rd1;
          st.param.u32 [b], 1;
          call g, (a, b);
        }
        """;
    String kernel = ptx(call).replace(".visible", function + ".visible");
    run(new TestDevice(Options.standard(), kernel, "unwritten.ptx"));
  }

  /// Bytes of padding that a kernel has copied are unwritten for the next kernel, too.
  @Test
  void aCopyIsAsUnwrittenAsWhatWasCopied() {
    TestDevice ran =
        run("ld.global.u64 %rd3, [%rd1]; st.global.u64 [%rd2], %rd3; st.global.u32 [%rd2+8], 1;");
    Allocation copied = Objects.requireNonNull(ran.memory().find(y, 1));
    for (int t = 0; t < THREADS; t++) {
      assertThat(copied.unwritten((long) t * BYTES, 12)).isEqualTo(0b0000_1111_0000);
    }
  }
}
