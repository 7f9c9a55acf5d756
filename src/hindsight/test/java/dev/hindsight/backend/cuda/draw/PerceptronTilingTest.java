package dev.hindsight.backend.cuda.draw;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hindsight.backend.cuda.draw.PerceptronTiling.Work;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PerceptronTilingTest {
  private static final int HEADS = 4;

  /// Every image and every hidden unit is in one tile, which has room for both; and who is told the
  /// slices alone cuts as he did who chose them.
  @ParameterizedTest
  @CsvSource({
    "1, 1, 4, 1",
    "1, 640, 2560, 132",
    "25, 128, 512, 132",
    "64, 9, 36, 8",
    "3, 132, 528, 4",
    "256, 640, 2560, 40",
    "29, 5, 33, 132"
  })
  void tilesCoverAllThereIs(int images, int channels, int hidden, int blocks) {
    var work = new Work(images, channels, hidden);
    var tiling = PerceptronTiling.of(work, HEADS, blocks);
    assertThat(tiling.images()).isBetween(1, 28);
    assertThat(tiling.units() % 32).isZero();
    assertThat(tiling.slices() * tiling.units()).isBetween(hidden, hidden + tiling.units() - 1);
    assertThat(tiling.groups() * tiling.images()).isBetween(images, images + tiling.images() - 1);
    int fours = Math.ceilDiv(channels, 4) + tiling.units() / 4; // of an image, of 2560 in all
    assertThat(tiling.images() * fours).isLessThanOrEqualTo(2560);
    assertThat(tiling.tiling().tiles(1)).isEqualTo(tiling.slices() * tiling.groups());
    var told = PerceptronTiling.ofSlices(work, tiling.slices(), blocks);
    assertThat(told.slices()).isEqualTo(tiling.slices());
    assertThat(told.units()).isEqualTo(tiling.units());
  }

  /// A transformer at the seed's size fills an H100 in one turn.
  @Test
  void aPerceptronFillsTheGpu() {
    var tiling = PerceptronTiling.of(new Work(25, 128, 512), HEADS, 132);
    assertThat(tiling.tiling().tiles(1)).isBetween(66, 132);
  }

  /// Parts are read by each of them.
  @Test
  void manyReadersWantFewerParts() {
    var work = new Work(25, 128, 512);
    assertThat(PerceptronTiling.of(work, 128, 132).slices())
        .isLessThan(PerceptronTiling.of(work, 1, 132).slices());
  }

  /// Of 512 hidden units seven slices would have 74 each, which are 96 where a tile has them by 32.
  @Test
  void refusesSlicesThatNoTilesGive() {
    var work = new Work(25, 128, 512);
    assertThatThrownBy(() -> PerceptronTiling.ofSlices(work, 7, 132))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
