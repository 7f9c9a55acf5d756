package dev.hindsight.quality;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.data.Binarize;
import dev.hindsight.data.Dataset;
import dev.hindsight.image.ImageShape;
import java.util.Random;
import org.junit.jupiter.api.Test;

class NearestImagesTest {
  private static Dataset images(int count, ImageShape shape, long seed) {
    byte[] bytes = new byte[count * shape.values()];
    new Random(seed).nextBytes(bytes);
    return new Dataset("noise", shape, bytes, null);
  }

  /// Colours, more images than a block, and a search through all by hand.
  @Test
  void areThoseThatASearchByHandFinds() {
    var shape = new ImageShape(3, 5, 3, 256);
    Dataset queries = images(7, shape, 1);
    Dataset among = images(1031, shape, 2);
    NearestImages found = of(new ImageSet(queries, Binarize.THRESHOLD), among);
    for (int query = 0; query < 7; query++) {
      int best = -1;
      double least = Double.POSITIVE_INFINITY;
      for (int image = 0; image < among.count(); image++) {
        double sum = 0;
        for (int value = 0; value < shape.values(); value++) {
          double apart = (queries.intensity(query, value) - among.intensity(image, value)) / 255.0;
          sum += apart * apart;
        }
        if (sum < least) {
          least = sum;
          best = image;
        }
      }
      assertThat(found.images()[query]).isEqualTo(best);
      assertThat(found.distances()[query])
          .isCloseTo(Math.sqrt(least / shape.values()), within(1e-6));
    }
  }

  private static NearestImages of(ImageSet queries, Dataset among) {
    try (Backend backend = Backends.open("cpu")) {
      return NearestImages.of(backend, queries, new ImageSet(among, Binarize.THRESHOLD));
    }
  }

  @Test
  void anImageOfTheSetIsItsOwn() {
    Dataset among = images(53, ImageShape.MNIST, 3);
    float[] levels = new float[2 * 784];
    for (int k = 0; k < levels.length; k++) {
      levels[k] = among.intensity(k < 784 ? 52 : 11, k % 784) >> 7;
    }
    NearestImages found = of(ImageSet.ofLevels("samples", ImageShape.MNIST, levels, null), among);
    assertThat(found.images()).containsExactly(52, 11);
    assertThat(found.distances()).containsExactly(0, 0);
  }

  /// Pixels that are drawn anew in each epoch are their mean.
  @Test
  void pixelsThatAreDrawnAreGrey() {
    var shape = new ImageShape(1, 2);
    Dataset grey = new Dataset("grey", shape, new byte[] {51, (byte) 204}, null);
    var drawn = new ImageSet(grey, Binarize.STOCHASTIC).mean();
    assertThat(drawn.batches(1).epoch(0).iterator().next().pixels()).containsExactly(51, 204);
    var threshold = new ImageSet(grey, Binarize.THRESHOLD).mean();
    assertThat(threshold.batches(1).epoch(0).iterator().next().pixels()).containsExactly(0, 1);
  }
}
