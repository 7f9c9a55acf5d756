package dev.hindsight.softgpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.softgpu.base.Dim3;
import dev.hindsight.softgpu.base.LaunchCounters;
import dev.hindsight.softgpu.base.Options;
import dev.hindsight.softgpu.exec.Sample;
import java.util.List;
import java.util.Objects;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class SampleTest {
  private static List<Long> blocks(long all, int most) {
    Sample sample = Sample.of(all, most);
    return LongStream.range(0, sample.count()).map(sample::at).boxed().toList();
  }

  @Test
  void allBlocksAreRunWhereNoneAreLeftOut() {
    assertThat(blocks(5, 0)).containsExactly(0L, 1L, 2L, 3L, 4L);
    assertThat(blocks(5, 8)).containsExactly(0L, 1L, 2L, 3L, 4L);
  }

  @Test
  void aSampleIsSpreadOverTheGrid() {
    List<Long> chosen = blocks(7840, 16);
    assertThat(chosen).hasSize(16).isSorted().doesNotHaveDuplicates();
    for (int k = 0; k < 16; k++) {
      assertThat(chosen.get(k)).isBetween(k * 490L, k * 490L + 489);
    }
  }

  /// 10 tiles of 7 chunks each: a group is a tile, whose chunks are 10 blocks apart.
  @Test
  void blocksThatWorkTogetherAreRunTogether() {
    Sample sample = Sample.of(70, 7, 8);
    assertThat(sample.count()).isEqualTo(3 * 7);
    List<Long> tiles = LongStream.range(0, 3).map(group -> sample.at(7 * group)).boxed().toList();
    assertThat(tiles).isSorted().doesNotHaveDuplicates().allMatch(tile -> tile < 10);
    for (int k = 0; k < sample.count(); k++) {
      assertThat(sample.at(k)).isEqualTo(tiles.get(k / 7) + k % 7 * 10L);
    }
    assertThat(Sample.of(70, 7, 0).count()).isEqualTo(70);
    assertThat(Sample.of(14, 7, 8).count()).as("fewer tiles than are wanted").isEqualTo(14);
  }

  /// 490 blocks are 49 rows of 10 tiles: a regular choice would see one column of them only.
  @Test
  void aSampleIsNotInStepWithTheGrid() {
    assertThat(blocks(7840, 16).stream().map(n -> n % 10).distinct().count()).isGreaterThan(5);
  }

  /// 32 blocks that do the same: eight of them tell the counts of all.
  @Test
  void countsOfEqualBlocksAreExact() {
    LaunchCounters all = counters(0);
    LaunchCounters some = counters(8);
    assertThat(some.instructions().ofWarps()).isEqualTo(all.instructions().ofWarps());
    assertThat(some.global().actual()).isEqualTo(all.global().actual());
    assertThat(some.shared().actual()).isEqualTo(all.shared().actual());
    assertThat(some.flops()).isEqualTo(all.flops()).isPositive();
    assertThat(some.addresses()).hasSize(1);
  }

  private static LaunchCounters counters(int sampled) {
    Options options = Options.fast().withCounters(true).withSampledBlocks(sampled);
    TestDevice device = TestDevice.of(options, "collective.ptx");
    long x = device.floats("x", new float[1024]);
    device.launch("half_active", new Dim3(32), new Dim3(32), x);
    return Objects.requireNonNull(device.simulated.lastCounters());
  }
}
