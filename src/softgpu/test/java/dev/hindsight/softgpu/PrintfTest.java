package dev.hindsight.softgpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hindsight.softgpu.base.Dim3;
import dev.hindsight.softgpu.base.Options;
import dev.hindsight.softgpu.check.DeviceFault;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/// What kernels print, under all standard checks. The texts are what a C program prints.
class PrintfTest {
  private static final Dim3 ONE = new Dim3(1);

  private final TestDevice device = TestDevice.of(Options.standard(), "printing.ptx");

  private static String printed(Runnable launch) {
    PrintStream before = System.out;
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    System.setOut(new PrintStream(bytes, true, StandardCharsets.UTF_8));
    try {
      launch.run();
    } finally {
      System.setOut(before);
    }
    return bytes.toString(StandardCharsets.UTF_8);
  }

  private static long bits(double x) {
    return Double.doubleToRawLongBits(x);
  }

  @Test
  void everyDirectiveMeansWhatItMeansInC() {
    assertThat(printed(() -> device.launch("numbers", ONE, ONE, -42, bits(2.5), -1L << 40)))
        .isEqualTo(
            """
            -42|  -42|-42  |-0042|-42|-42|-042
            4294967254|  4294967254|ffffffd6|0XFFFFFFD6|37777777726|-1099511627776|-42|G|%
            2.500000|2.50| 2.500e+00|2.5|2.5E+10|0x1.4p+1|2.5      |
            """);
  }

  @Test
  void specialNumbersHaveTheirNamesInC() {
    String infinite = printed(() -> device.launch("numbers", ONE, ONE, 0, bits(-1 / 0.0), 0L));
    assertThat(infinite.lines().toList().getLast())
        .isEqualTo("-inf|-inf|      -inf|-inf|-INF|-inf|-inf     |");
  }

  @Test
  void aStarTakesWidthOrPrecisionFromTheArguments() {
    assertThat(printed(() -> device.launch("stars", ONE, ONE, 6, 2, bits(Math.PI))))
        .isEqualTo("     7|7     |3.14|  3.14|3\n7     |\n");
  }

  @Test
  void theAnswerIsWrittenAndCountsTheArguments() {
    int[] none = {-1, -1, -1};
    long count = device.ints("count", none);
    assertThat(printed(() -> device.launch("answers", ONE, new Dim3(32), count, 3)).lines())
        .containsExactlyInAnyOrder("none", "one of 3,   two", "one of 3,   two");
    assertThat(device.ints(count, 3)).containsExactly(0, 3, 3);
  }

  @Test
  void aStringMayLieInLocalMemory() {
    assertThat(printed(() -> device.launch("built", ONE, ONE, (int) 'a')))
        .isEqualTo("<abc> <abc   > <ab>\n");
  }

  @Test
  void textIsPassedOnByteByByte() {
    String umlaut = "Größe";
    byte[] utf8 = umlaut.getBytes(StandardCharsets.UTF_8);
    StringBuilder list = new StringBuilder();
    for (byte b : utf8) {
      list.append(b & 0xff).append(", ");
    }
    TestDevice other =
        new TestDevice(
            Options.standard(), printing("text[" + (utf8.length + 1) + "] = {" + list + "0}"), "u");
    assertThat(printed(() -> other.launch("k", ONE, ONE))).isEqualTo(umlaut);
  }

  @Test
  void aFormatThatWantsMoreThanThereIsEndsTheLaunch() {
    TestDevice other =
        new TestDevice(Options.standard(), printing("text[4] = {37, 115, 10, 0}"), "more");
    assertThatThrownBy(() -> other.launch("k", ONE, ONE))
        .isInstanceOf(DeviceFault.class)
        .hasMessageContaining("the format wants more arguments than were passed");
  }

  /// A kernel that prints the text as its format, without arguments.
  private static String printing(String text) {
    return """
        .version 7.0
        .target sm_80
        .address_size 64
        .extern .func (.param .b32 r) vprintf (.param .b64 a, .param .b64 b);
        .global .align 1 .b8 %s;
        .visible .entry k() {
          .reg .b64 %%rd<3>;
          mov.u64 %%rd1, text;
          cvta.global.u64 %%rd2, %%rd1;
          .param .b64 format;
          st.param.b64 [format], %%rd2;
          .param .b64 list;
          st.param.b64 [list], 0;
          .param .b32 answer;
          call.uni (answer), vprintf, (format, list);
          ret;
        }
        """
        .formatted(text);
  }
}
