package dev.hindsight.softgpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.softgpu.base.Dim3;
import dev.hindsight.softgpu.base.Options;
import dev.hindsight.softgpu.exec.Program;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Registers that are never needed at once lie at the same place, and keep their values for as long
/// as they are needed: around a loop, where a guard leaves them alone, and in lanes that wait while
/// others go another way.
class RegisterSharingTest {
  private static final int THREADS = 64;

  /// So many sums, each a register of its own, of which the next one alone needs it.
  private static String sums(int first, String step) {
    StringBuilder text = new StringBuilder("add.f32 %%f%d, %%f0, %s;\n".formatted(first, step));
    for (int k = first + 1; k < first + 100; k++) {
      text.append("add.f32 %%f%d, %%f%d, %s;\n".formatted(k, k - 1, step));
    }
    return text.append("mov.f32 %%f1, %%f%d;\n".formatted(first + 99)).toString();
  }

  private static final String PTX =
      """
      .version 7.0
      .target sm_75
      .address_size 64
      .visible .entry k(.param .u64 out)
      {
      .reg .pred %p<3>;
      .reg .b32 %r<10>;
      .reg .f32 %f<300>;
      .reg .b64 %rd<4>;
      ld.param.u64 %rd1, [out];
      mov.u32 %r1, %tid.x;
      mul.wide.u32 %rd2, %r1, 4;
      add.s64 %rd3, %rd1, %rd2;
      and.b32 %r2, %r1, 1;
      setp.eq.s32 %p1, %r2, 1;
      mov.u32 %r3, 3;
      mov.u32 %r4, 1000;
      mov.u32 %r5, 0;
      cvt.rn.f32.u32 %f0, %r1;
      @%p1 bra ODD;
      EVEN
      bra LOOP;
      ODD:
      ODDLY
      LOOP:
      add.s32 %r6, %r5, %r1;
      add.s32 %r4, %r4, %r6;
      add.s32 %r5, %r5, 1;
      setp.lt.s32 %p2, %r5, 4;
      @%p2 bra LOOP;
      @%p1 mov.u32 %r3, 7;
      cvt.rzi.s32.f32 %r7, %f1;
      add.s32 %r8, %r7, %r4;
      add.s32 %r9, %r8, %r3;
      st.global.u32 [%rd3], %r9;
      ret;
      }
      """
          .replace("EVEN\n", sums(100, "0f3F800000"))
          .replace("ODDLY\n", sums(200, "0f40000000"));

  @ParameterizedTest
  @ValueSource(longs = {0, 1, 2, 3, 4})
  void keepsWhatIsNeeded(long schedule) {
    var device = new TestDevice(Options.standard().withScheduleSeed(schedule), PTX, "sharing.ptx");
    Program.Registers registers = device.kernel("k").program().registers();
    assertThat(registers.floats().length).as("of 202 registers").isLessThan(10);
    assertThat(registers.ints().length + registers.longs().length).isLessThan(30);
    long out = device.ints("out", new int[THREADS]);
    device.launch("k", new Dim3(1), new Dim3(THREADS), out);
    int[] wanted = new int[THREADS];
    for (int t = 0; t < THREADS; t++) {
      int odd = t % 2;
      wanted[t] = t + 100 * (1 + odd) + 1000 + (0 + 1 + 2 + 3) + 4 * t + 3 + 4 * odd;
    }
    assertThat(device.ints(out, THREADS)).containsExactly(wanted);
  }
}
