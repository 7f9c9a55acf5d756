package dev.hindsight.data;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.image.ImageShape;
import dev.hindsight.random.Philox;
import dev.hindsight.random.RandomKey;
import org.junit.jupiter.api.Test;

/// The bits of an image are a promise: a change of them is a change of every run.
class BinarizeTest {
  private static final RandomKey KEY = RandomKey.of(7);

  private static Dataset shades() {
    byte[] grey = new byte[2 * ImageShape.MNIST.pixels()];
    for (int k = 0; k < grey.length; k++) {
      grey[k] = (byte) (k * 37);
    }
    return new Dataset("shades", ImageShape.MNIST, grey, null);
  }

  private static float[] image(Binarize how, Dataset data, int image) {
    float[] out = new float[ImageShape.MNIST.pixels()];
    byte[] grey = new byte[out.length];
    data.image(image, grey);
    how.image(grey, KEY.fold(image), new int[4], out, 0);
    return out;
  }

  /// A pixel's draw is a lane of the block of its four, under the key of its image.
  @Test
  void aPixelIsDrawnByItsPlace() {
    Dataset data = shades();
    float[] drawn = image(Binarize.STOCHASTIC, data, 1);
    int[] block = new int[4];
    for (int k = 0; k < drawn.length; k++) {
      Philox.block(KEY.fold(1), k / 4, block);
      boolean white = Philox.toUniform(block[k % 4]) < data.intensity(1, k) / 255.0;
      assertThat(drawn[k]).as("pixel %d", k).isEqualTo(white ? 1 : 0);
    }
  }

  @Test
  void aThresholdTakesMoreThanHalf() {
    Dataset data = shades();
    float[] pixels = image(Binarize.THRESHOLD, data, 0);
    for (int k = 0; k < pixels.length; k++) {
      assertThat(pixels[k])
          .as("grey %d", data.intensity(0, k))
          .isEqualTo(data.intensity(0, k) > 127 ? 1 : 0);
    }
    assertThat(Binarize.THRESHOLD.probability(127)).isZero();
    assertThat(Binarize.THRESHOLD.probability(128)).isOne();
  }

  /// A resumed run asks whether its images are the same.
  @Test
  void theChecksumIsThatOfThePixels() {
    Dataset black =
        new Dataset("black", ImageShape.MNIST, new byte[ImageShape.MNIST.pixels()], null);
    assertThat(black.sha256()) // of 784 zeros, by sha256sum
        .isEqualTo("0c37ddc45244523ca3b841e3ea85e147a1d35c6ae1cd767e8c30dabf057516fd");
  }
}
