package dev.hindsight.softgpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.softgpu.base.Dim3;
import dev.hindsight.softgpu.base.Options;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// In which order blocks do their atomics: each takes a ticket and leaves its number there.
class BlockOrderTest {
  private static final int BLOCKS = 500;

  private static final String TICKETS =
      """
      .version 6.3
      .target sm_75
      .address_size 64
      .visible .entry tickets(.param .u64 counter, .param .u64 numbers)
      {
        .reg .pred %p<2>;
        .reg .b32 %r<4>;
        .reg .b64 %rd<7>;
        mov.u32 %r1, %tid.x;
        setp.ne.s32 %p1, %r1, 0;
        @%p1 bra $DONE;
        ld.param.u64 %rd1, [counter];
        cvta.to.global.u64 %rd2, %rd1;
        ld.param.u64 %rd3, [numbers];
        cvta.to.global.u64 %rd4, %rd3;
        mov.u32 %r2, %ctaid.x;
        atom.global.add.u32 %r3, [%rd2], 1;
        mul.wide.u32 %rd5, %r3, 4;
        add.s64 %rd6, %rd4, %rd5;
        st.global.u32 [%rd6], %r2;
      $DONE:
        ret;
      }
      """;

  private static int[] tickets(Options options) {
    TestDevice device = new TestDevice(options, TICKETS, "tickets.ptx");
    long numbers = device.ints("numbers", new int[BLOCKS]);
    device.launch("tickets", new Dim3(BLOCKS), new Dim3(64), device.ints("counter", 0), numbers);
    return device.ints(numbers, BLOCKS);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 7})
  void isThatOfTheirNumbersOnAnyNumberOfThreads(int threads) {
    for (int again = 0; again < 5; again++) {
      assertThat(tickets(Options.standard().withThreads(threads)))
          .isEqualTo(IntStream.range(0, BLOCKS).toArray());
    }
  }

  @Test
  void isAnyWhereAScheduleIsAskedFor() {
    int[] one = tickets(Options.standard().withScheduleSeed(1));
    int[] other = tickets(Options.standard().withScheduleSeed(2));
    assertThat(one).isNotEqualTo(other).containsExactlyInAnyOrder(other);
    assertThat(one).isEqualTo(tickets(Options.standard().withScheduleSeed(1)));
    assertThat(IntStream.of(one).sorted().toArray())
        .isEqualTo(IntStream.range(0, BLOCKS).toArray());
  }
}
