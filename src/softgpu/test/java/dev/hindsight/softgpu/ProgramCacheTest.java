package dev.hindsight.softgpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.softgpu.base.Dim3;
import dev.hindsight.softgpu.base.Options;
import org.junit.jupiter.api.Test;

/// Devices of one process decode a text once, and share no memory for it.
class ProgramCacheTest {
  private static final int THREADS = 32;

  /// Adds the parameter to each number.
  private static String text(String variables) {
    return """
    .version 7.0
    .target sm_75
    .address_size 64
    VARIABLES
    .visible .entry add(.param .u64 numbers, .param .u32 addend)
    {
    .reg .b32 %r<5>;
    .reg .b64 %rd<4>;
    ld.param.u64 %rd1, [numbers];
    ld.param.u32 %r1, [addend];
    mov.u32 %r2, %tid.x;
    mul.wide.u32 %rd2, %r2, 4;
    add.s64 %rd3, %rd1, %rd2;
    ld.global.u32 %r3, [%rd3];
    add.s32 %r4, %r3, %r1;
    st.global.u32 [%rd3], %r4;
    ret;
    }
    """
        .replace("VARIABLES", variables);
  }

  private static TestDevice device(String text) {
    return new TestDevice(Options.standard(), text, "add.ptx");
  }

  private static void add(TestDevice device, long numbers, int addend) {
    device.launch("add", new Dim3(1), new Dim3(THREADS), numbers, addend);
  }

  @Test
  void aSharedProgramFindsTheMemoryOfItsDevice() {
    TestDevice one = device(text(""));
    TestDevice two = device(text(""));
    assertThat(two.kernel("add").program()).isSameAs(one.kernel("add").program());
    long numbers = one.ints("numbers", new int[THREADS]);
    assertThat(two.ints("numbers", new int[THREADS])).as("the same address").isEqualTo(numbers);
    add(one, numbers, 3);
    add(two, numbers, 40);
    add(one, numbers, 5);
    assertThat(one.ints(numbers, THREADS)).containsOnly(8);
    assertThat(two.ints(numbers, THREADS)).containsOnly(40);
  }

  /// Addresses of one device are in its program.
  @Test
  void textsWithVariablesAreDecodedForEachDevice() {
    String text = text(".global .u32 total;");
    assertThat(device(text).kernel("add").program())
        .isNotSameAs(device(text).kernel("add").program());
  }
}
