package dev.hindsight.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hindsight.image.ImageShape;
import dev.hindsight.random.Philox;
import dev.hindsight.random.RandomKey;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The slant of an image is a promise, as its bits are: a change of it is a change of every run
/// that has one.
class ShearTest {
  private static final RandomKey KEY = RandomKey.of(7);

  /// No pixel is background, so what is lost and what comes in is seen.
  private static Dataset shades(int images) {
    byte[] grey = new byte[images * ImageShape.MNIST.pixels()];
    for (int k = 0; k < grey.length; k++) {
      grey[k] = (byte) (1 + k * 37 % 255);
    }
    return new Dataset("shades", ImageShape.MNIST, grey, null);
  }

  @ParameterizedTest
  @CsvSource({
    "0.1, 0, 1",
    "0.1, 8, 1",
    "0.1, 9, 0",
    "0.1, 18, 0",
    "0.1, 19, -1",
    "0.1, 27, -1",
    "-0.1, 0, -1",
    "1, 0, 14",
    "1, 1, 12",
    "1, 27, -14",
    "0, 0, 0",
  })
  void rowsMoveFurtherTheFartherTheyLieFromTheMiddle(double slant, int row, int right) {
    assertThat(Shear.shift(ImageShape.MNIST, slant, row)).isEqualTo(right);
  }

  @ParameterizedTest
  @ValueSource(floats = {0.05f, 0.3f, 1})
  void aPixelIsTheOneSoFarBesideIt(float largest) {
    Dataset data = shades(23);
    boolean left = false;
    boolean right = false;
    for (int image = 0; image < data.count(); image++) {
      RandomKey key = KEY.fold(image);
      byte[] out = new byte[ImageShape.MNIST.pixels()];
      Arrays.fill(out, (byte) 99); // of another image
      byte[] grey = new byte[out.length];
      data.image(image, grey);
      new Shear(largest).image(ImageShape.MNIST, grey, key, new int[4], out);
      double slant = largest * (2.0 * Philox.uniforms(key, 1)[0] - 1);
      left |= slant < -0.5 * largest;
      right |= slant > 0.5 * largest;
      for (int pixel = 0; pixel < ImageShape.MNIST.pixels(); pixel++) {
        int row = pixel / ImageShape.MNIST.width();
        int column = pixel % ImageShape.MNIST.width() - (int) Math.rint(slant * (13.5 - row));
        boolean inside = column >= 0 && column < ImageShape.MNIST.width();
        assertThat(out[pixel] & 0xff)
            .as("image %d, pixel %d, slant %s", image, pixel, slant)
            .isEqualTo(inside ? data.intensity(image, row * ImageShape.MNIST.width() + column) : 0);
      }
    }
    assertThat(left && right).isTrue();
  }

  private static List<float[]> epoch(Dataset data, int size, float shear, int epoch, int first) {
    List<float[]> images = new ArrayList<>();
    Batches batches = Batches.training(data, size, Binarize.STOCHASTIC, shear, 0, KEY);
    for (Batch batch : batches.epoch(epoch, first)) {
      for (int i = 0; i < batch.count(); i++) {
        int start = i * ImageShape.MNIST.pixels();
        images.add(Arrays.copyOfRange(batch.pixels(), start, start + ImageShape.MNIST.pixels()));
      }
    }
    return images;
  }

  /// Its shuffled order is the same whatever the size of a batch.
  @Test
  void anImagesSlantIsTheSameInAnyBatchAndAnotherInTheNextEpoch() {
    Dataset data = shades(60);
    List<float[]> whole = epoch(data, 10, 0.2f, 4, 0);
    List<float[]> bySixes = epoch(data, 6, 0.2f, 4, 0);
    List<float[]> rest = epoch(data, 10, 0.2f, 4, 3);
    for (int k = 0; k < 60; k++) {
      assertThat(bySixes.get(k)).as("image %d", k).containsExactly(whole.get(k));
      if (k >= 30) {
        assertThat(rest.get(k - 30)).as("image %d", k).containsExactly(whole.get(k));
      }
    }
    Dataset white = new Dataset("white", ImageShape.MNIST, filled(ImageShape.MNIST.pixels()), null);
    assertThat(epoch(white, 1, 1, 0, 0).getFirst())
        .isNotEqualTo(epoch(white, 1, 1, 1, 0).getFirst());
  }

  private static byte[] filled(int count) {
    byte[] white = new byte[count];
    Arrays.fill(white, (byte) 255);
    return white;
  }

  /// A slant is drawn from a key of its own, and a pixel by the place that it comes to: with and
  /// without a slant, from the keys of this image in this epoch.
  @ParameterizedTest
  @ValueSource(floats = {0, 0.3f})
  void pixelsAreDrawnBehindTheSlantByTheirPlace(float largest) {
    Dataset one = shades(1);
    byte[] grey = one.bytes();
    if (largest > 0) {
      RandomKey key = KEY.fold("shear").fold(2).fold(0);
      new Shear(largest).image(ImageShape.MNIST, one.bytes(), key, new int[4], grey);
      assertThat(grey).isNotEqualTo(one.bytes());
    }
    float[] expected = new float[ImageShape.MNIST.pixels()];
    RandomKey bits = KEY.fold("binarize").fold(2).fold(0);
    Binarize.STOCHASTIC.image(grey, bits, new int[4], expected, 0);
    assertThat(epoch(one, 1, largest, 2, 0).getFirst()).containsExactly(expected);
  }

  @ParameterizedTest
  @ValueSource(floats = {-1.4e-45f, 1.0000001f, Float.NaN})
  void refusesASlantBeyondItsLimits(float largest) {
    assertThatThrownBy(() -> new Shear(largest))
        .hasMessage("shear: it must be from 0 to 1 but is " + largest);
  }
}
