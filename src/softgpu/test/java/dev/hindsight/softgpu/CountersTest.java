package dev.hindsight.softgpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.softgpu.base.Dim3;
import dev.hindsight.softgpu.base.LaunchCounters;
import dev.hindsight.softgpu.base.Options;
import dev.hindsight.softgpu.exec.Counters;
import java.util.Arrays;
import java.util.function.IntUnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// The counters count what a GPU would do, exactly.
class CountersTest {
  private static LaunchCounters counters(String kernel) {
    TestDevice device = TestDevice.of(Options.standard().withCounters(true), "collective.ptx");
    long x = device.floats("x", new float[1024]);
    device.launch(kernel, new Dim3(1), new Dim3(32), x);
    @Nullable LaunchCounters counted = device.simulated.lastCounters();
    if (counted == null) {
      throw new AssertionError("no counters");
    }
    return counted;
  }

  @Test
  void neighboursShareSectors() {
    LaunchCounters c = counters("coalesced");
    assertThat(c.global().requests()).isEqualTo(1);
    assertThat(c.global().actual()).isEqualTo(4);
    assertThat(c.global().perIdeal()).isEqualTo(1);
    assertThat(c.global().stored()).isEqualTo(128);
    assertThat(c.global().loaded()).isZero();
  }

  @Test
  void strideNeedsASectorForEveryLane() {
    LaunchCounters c = counters("strided");
    assertThat(c.global().actual()).isEqualTo(32);
    assertThat(c.global().perIdeal()).isEqualTo(8);
  }

  @Test
  void oneBankServesOneWordAtATime() {
    LaunchCounters c = counters("bank_conflict");
    assertThat(c.shared().requests()).isEqualTo(2);
    assertThat(c.shared().perIdeal()).isEqualTo(32);
  }

  /// Reads of 16 bytes: 32 different ones take four passes, and so do eight lanes that want the
  /// same eight times over, but where neighbours or next neighbours want the same, two lanes are
  /// served as one.
  @Test
  void pairsOfLanesShareAPass() {
    assertThat(passes(lane -> lane)).isEqualTo(4);
    assertThat(passes(lane -> lane / 2)).isEqualTo(2);
    assertThat(passes(lane -> (lane & 1) + lane / 4 * 2)).isEqualTo(2);
    assertThat(passes(lane -> lane & 7)).isEqualTo(4);
    assertThat(passes(lane -> 8 * lane)).isEqualTo(32);
  }

  private static long passes(IntUnaryOperator place) {
    var counters = new Counters(1);
    int[] offsets = new int[32];
    Arrays.setAll(offsets, lane -> 16 * place.applyAsInt(lane));
    counters.shared(0, -1, offsets, 16);
    return counters.actual[0];
  }

  @Test
  void divergenceAndFlops() {
    LaunchCounters c = counters("half_active");
    assertThat(c.flops()).isEqualTo(2 * 16);
    assertThat(c.instructions().ofThreads().get("fma.f32")).isEqualTo(16);
    assertThat(c.instructions().ofWarps().get("fma.f32")).isEqualTo(1);
    assertThat(c.lines()).containsKey("collective.cu:79");
  }
}
