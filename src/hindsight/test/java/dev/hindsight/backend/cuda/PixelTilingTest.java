package dev.hindsight.backend.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.backend.cuda.PixelTiling.Work;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PixelTilingTest {
  /// Every image and every row of weights is in one tile.
  @ParameterizedTest
  @CsvSource({
    "1, 1, 1, 1, 1",
    "1, 25, 640, 960, 132",
    "1, 25, 128, 512, 132",
    "28, 25, 192, 2688, 132",
    "1, 256, 33, 7, 108",
    "1, 17, 5, 1024, 2"
  })
  void tilesCoverAllThereIs(int positions, int images, int outputs, long inputs, int blocks) {
    var tiling = PixelTiling.of(new Work(positions, images, outputs, inputs), blocks);
    int rows = 4 * PixelTiling.WARPS / tiling.warps();
    assertThat(tiling.images()).isBetween(1, 16);
    assertThat(PixelTiling.WARPS % tiling.warps()).isZero();
    assertThat(tiling.groups() * tiling.images()).isBetween(images, images + tiling.images() - 1);
    assertThat(tiling.across() * rows).isBetween(outputs, outputs + rows - 1);
    assertThat(tiling.tiles(positions)).isEqualTo(positions * tiling.across() * tiling.groups());
  }

  /// A WaveNet's phase at the seed's size fills an H100 in one turn.
  @Test
  void aPhaseFillsTheGpu() {
    assertThat(PixelTiling.of(new Work(1, 25, 640, 960), 132).tiles(1)).isBetween(66, 132);
  }

  @Test
  void warpsThatShareASumAllHaveAPart() {
    assertThat(PixelTiling.warpsFor(1)).isEqualTo(1);
    assertThat(PixelTiling.warpsFor(128)).isEqualTo(1);
    assertThat(PixelTiling.warpsFor(129)).isEqualTo(2);
    assertThat(PixelTiling.warpsFor(1024)).isEqualTo(8);
  }
}
