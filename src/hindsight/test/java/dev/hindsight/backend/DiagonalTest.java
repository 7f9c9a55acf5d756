package dev.hindsight.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Diagonals against the coordinates of pixels.
class DiagonalTest {
  private static final int BATCH = 3;

  @ParameterizedTest
  @CsvSource({
    "1,1,false",
    "5,7,false",
    "5,7,true",
    "7,5,false",
    "7,5,true",
    "4,4,true",
    "1,6,true",
    "6,1,false"
  })
  void reachesEachPixelOnceAfterThoseThatItHears(int rows, int width, boolean leftward) {
    int[] stepOf = new int[rows * BATCH * width];
    Arrays.fill(stepOf, -1);
    for (int step = 0; step < Diagonal.steps(rows, width); step++) {
      Diagonal d = new Diagonal(rows, BATCH, width, leftward, step);
      assertThat(d.count()).isBetween(1, Diagonal.longest(rows, width));
      for (int k = 0; k < d.count(); k++) {
        int row = d.top() + k;
        int column = d.column(k);
        assertThat(row + (leftward ? width - 1 - column : column)).isEqualTo(step);
        for (int image = 0; image < BATCH; image++) {
          int place = d.place(k, image);
          assertThat(place).isEqualTo((row * BATCH + image) * width + column);
          assertThat(stepOf[place]).isEqualTo(-1);
          stepOf[place] = step;
        }
      }
    }
    assertThat(stepOf).doesNotContain(-1);
  }

  /// What lies above a pixel, and beside it, are two neighbours of the diagonal before.
  @ParameterizedTest
  @CsvSource({"5,7,false", "5,7,true", "7,5,false", "4,4,true", "1,6,true", "6,1,false"})
  void hearsTwoPixelsOfTheDiagonalBefore(int rows, int width, boolean leftward) {
    for (int step = 1; step < Diagonal.steps(rows, width); step++) {
      Diagonal d = new Diagonal(rows, BATCH, width, leftward, step);
      Diagonal before = new Diagonal(rows, BATCH, width, leftward, step - 1);
      assertThat(d.before()).isEqualTo(before.count());
      for (int k = 0; k < d.count(); k++) {
        int above = k + d.shift() - 1;
        int beside = k + d.shift();
        boolean hasAbove = d.top() + k > 0;
        boolean hasBeside = d.column(k) != (leftward ? width - 1 : 0);
        assertThat(above >= 0 && above < d.before()).isEqualTo(hasAbove);
        assertThat(beside >= 0 && beside < d.before()).isEqualTo(hasBeside);
        if (hasAbove) {
          assertThat(before.place(above, 1)).isEqualTo(d.place(k, 1) - BATCH * width);
        }
        if (hasBeside) {
          assertThat(before.place(beside, 1)).isEqualTo(d.place(k, 1) + d.toBefore());
        }
      }
    }
  }

  @Test
  void isAStridedViewOfAnImage() {
    assertThat(new Diagonal(28, 1, 28, false, 30).pitch()).isEqualTo(27);
    assertThat(new Diagonal(28, 1, 28, true, 30).pitch()).isEqualTo(29);
    assertThat(new Diagonal(28, 64, 28, false, 30).pitch()).isEqualTo(64 * 28 - 1);
    assertThat(new Diagonal(28, 1, 28, false, 0).before()).isZero();
  }

  @Test
  void saysWhichThereAre() {
    assertThatThrownBy(() -> new Diagonal(3, 1, 4, false, 6))
        .hasMessage("diagonal: 3 x 4 pixels have diagonals 0 to 5 but not 6");
  }
}
