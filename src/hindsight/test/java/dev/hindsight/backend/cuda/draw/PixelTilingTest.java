package dev.hindsight.backend.cuda.draw;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.backend.cuda.draw.PixelTiling.Work;
import java.util.List;
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
    var work = new Work(positions, images, outputs, inputs, 0);
    var tiling = PixelTiling.of(List.of(work), blocks).getFirst();
    int rows = 4 * PixelTiling.WARPS / tiling.warps();
    assertThat(tiling.images()).isBetween(1, 28);
    assertThat(PixelTiling.WARPS % tiling.warps()).isZero();
    assertThat(tiling.groups() * tiling.images()).isBetween(images, images + tiling.images() - 1);
    assertThat(tiling.across() * rows).isBetween(outputs, outputs + rows - 1);
    assertThat(tiling.tiles(positions)).isEqualTo(positions * tiling.across() * tiling.groups());
  }

  /// A WaveNet's phase at the seed's size fills an H100 in one turn, with both of its products.
  @Test
  void aPhaseFillsTheGpu() {
    var works = List.of(new Work(1, 25, 640, 960, 0), new Work(1, 25, 320, 320, 0));
    List<PixelTiling> tilings = PixelTiling.of(works, 132);
    assertThat(tilings.stream().mapToInt(tiling -> tiling.tiles(1)).sum()).isBetween(66, 132);
  }

  /// Of 2560 fours in shared memory 28 images have 64 each, which is less than 640 inputs.
  @Test
  void aTileHasRoomForWhatANormGoesOver() {
    var free = new Work(28, 28, 128, 640, 0);
    var normed = new Work(28, 28, 128, 640, 640);
    assertThat(PixelTiling.of(List.of(free), 8).getFirst().images()).isGreaterThan(16);
    assertThat(PixelTiling.of(List.of(normed), 8).getFirst().images()).isBetween(1, 16);
  }

  @Test
  void warpsThatShareASumAllHaveAPart() {
    assertThat(PixelTiling.warpsFor(1)).isEqualTo(1);
    assertThat(PixelTiling.warpsFor(128)).isEqualTo(1);
    assertThat(PixelTiling.warpsFor(129)).isEqualTo(2);
    assertThat(PixelTiling.warpsFor(1024)).isEqualTo(8);
  }
}
