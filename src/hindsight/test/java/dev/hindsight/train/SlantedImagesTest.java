package dev.hindsight.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.data.Batch;
import dev.hindsight.data.Batches;
import dev.hindsight.data.Binarize;
import dev.hindsight.data.Dataset;
import dev.hindsight.data.Datasets;
import dev.hindsight.data.Split;
import dev.hindsight.image.ImageShape;
import dev.hindsight.random.RandomKey;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class SlantedImagesTest {
  private static final RandomKey KEY = RandomKey.of(3);
  private static final Dataset DIGITS = Datasets.open(Datasets.EMBEDDED, Split.TEST).first(37);
  private static final Recipe UPRIGHT = Recipe.of(1, 37, 1);

  private static float[] pixels(Batches batches) {
    Batch batch = batches.epoch(0).iterator().next();
    return Arrays.copyOf(batch.pixels(), batch.count() * ImageShape.MNIST.pixels());
  }

  @Test
  void thoseThatAreLearnedFromAreSlantedAndThoseThatChooseTheEpochAreNot() {
    Recipe slanted = UPRIGHT.withShear(0.3f);
    float[] learned = pixels(Worker.training(DIGITS, slanted, KEY));
    assertThat(learned)
        .isNotEqualTo(pixels(Worker.training(DIGITS, UPRIGHT, KEY)))
        .containsExactly(
            pixels(Batches.training(DIGITS, 37, Binarize.THRESHOLD, 0.3f, 0, KEY.fold("train"))));
    assertThat(pixels(Worker.validation(DIGITS, slanted, KEY)))
        .containsExactly(pixels(Worker.validation(DIGITS, UPRIGHT, KEY)));
  }
}
