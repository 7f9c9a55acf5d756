package dev.hindsight.softgpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.softgpu.base.Dim3;
import dev.hindsight.softgpu.base.Options;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/// Modifiers with `::` name spaces and caches; hints change nothing, their policies are no operands
/// of the access.
class HintTest {
  @Test
  void modifiersWithColonsAreParsed() {
    TestDevice device = TestDevice.of(Options.standard(), "hints.ptx");
    int threads = 32;
    int[] in = IntStream.range(0, 4 * threads).map(i -> (1 << (i % 4 * 8)) | i % 7).toArray();
    long out = device.ints("out", new int[threads]);
    device.launch("k", new Dim3(1), new Dim3(threads), out, device.ints("in", in));
    int[] wanted = new int[threads];
    for (int t = 0; t < threads; t++) {
      int[] quad = Arrays.copyOfRange(in, 4 * t, 4 * t + 4);
      wanted[t] = quad[0] + quad[1] + quad[2] + 1 + quad[2] + quad[1];
    }
    assertThat(device.ints(out, threads)).containsExactly(wanted);
  }
}
