package dev.hindsight.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;

import dev.hindsight.image.ImageShape;
import dev.hindsight.random.RandomKey;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class LevelsTest {
  private static final ImageShape COLOUR = new ImageShape(16, 16, 3, 256);

  private static Dataset allBytes(int levels) {
    byte[] bytes = new byte[COLOUR.values()];
    for (int k = 0; k < bytes.length; k++) {
      bytes[k] = (byte) (k % 256);
    }
    return new Dataset("bytes", COLOUR, bytes, null).withLevels(levels);
  }

  @ParameterizedTest
  @ValueSource(ints = {4, 8, 32, 256})
  void eachLevelIsOfAsManyBytes(int levels) {
    Dataset data = allBytes(levels);
    Batch batch =
        Batches.evaluation(data, 1, Binarize.STOCHASTIC, RandomKey.of(1))
            .epoch(0)
            .iterator()
            .next();
    int each = 256 / levels;
    for (int k = 0; k < COLOUR.values(); k++) {
      int level = k % 256 / each;
      assertThat(batch.pixels()[k]).isEqualTo(level);
    }
    for (double[] channel : data.levelsOfChannels(Binarize.THRESHOLD)) {
      assertThat(channel).hasSize(levels);
      for (double often : channel) {
        assertThat(often).isCloseTo(1.0 / levels, offset(1e-12));
      }
    }
    assertThat(data.levelsOfValues(Binarize.THRESHOLD)[7][7 / each]).isOne();
  }

  @Test
  void oneOfTwoLevelsIsAsOftenAsItIsDrawn() {
    double[] drawn = allBytes(2).levelsOfValues(Binarize.STOCHASTIC)[7];
    assertThat(drawn).containsExactly(new double[] {1 - 7 / 255.0, 7 / 255.0}, offset(1e-12));
    assertThat(allBytes(2).levelsOfValues(Binarize.THRESHOLD)[7]).containsExactly(1, 0);
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 4, 16, 256})
  void theLastLevelIsShownWhiteAndEachShownOneIsOfItsLevel(int levels) {
    assertThat(Levels.shown(0, levels)).isZero();
    assertThat(Levels.shown(levels - 1, levels)).isEqualTo(255);
    for (int level = 0; level < levels; level++) {
      assertThat(Levels.of((byte) Levels.shown(level, levels), levels)).isEqualTo(level);
    }
  }

  @Test
  void twoLevelsAreThoseOfTheThreshold() {
    Batch batch =
        Batches.evaluation(allBytes(2), 1, Binarize.THRESHOLD, RandomKey.of(1))
            .epoch(0)
            .iterator()
            .next();
    for (int k = 0; k < COLOUR.values(); k++) {
      assertThat(batch.pixels()[k]).isEqualTo(Levels.of((byte) (k % 256), 2));
    }
  }
}
