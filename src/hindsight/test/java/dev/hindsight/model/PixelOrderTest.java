package dev.hindsight.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.image.ImageShape;
import dev.hindsight.random.RandomKey;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PixelOrderTest {
  private static final PixelOrder SOME = PixelOrder.random(ImageShape.MNIST, 3, RandomKey.of(8));

  private static float[] numbered(int images) {
    float[] values = new float[images * 784];
    for (int k = 0; k < values.length; k++) {
      values[k] = k;
    }
    return values;
  }

  @Test
  void takesImagesToPlacesAndBack() {
    float[] images = numbered(2);
    float[] byPlace = SOME.byPlace(images, 1);
    for (int place = 0; place < 784; place++) {
      assertThat(SOME.place(SOME.pixel(place))).isEqualTo(place);
      assertThat(byPlace[place]).isEqualTo(SOME.pixel(place));
      assertThat(byPlace[784 + place]).isEqualTo(784 + SOME.pixel(place));
    }
    assertThat(SOME.byPixel(byPlace, 1)).isEqualTo(images);
    assertThat(PixelOrder.raster(ImageShape.MNIST).byPlace(images, 1)).isEqualTo(images);
    assertThat(SOME.isRaster()).isFalse();
  }

  /// What is given comes first; both parts keep the order that they have.
  @Test
  void givenPixelsComeFirst() {
    PixelOrder order = SOME.first(300);
    assertThat(order.index()).isEqualTo(3);
    int[] given = Arrays.copyOf(order.pixels(1), 300);
    assertThat(given).isEqualTo(IntStream.of(SOME.pixels(1)).filter(p -> p < 300).toArray());
    int[] others = Arrays.copyOfRange(order.pixels(1), 300, 784);
    assertThat(others).isEqualTo(IntStream.of(SOME.pixels(1)).filter(p -> p >= 300).toArray());
    assertThat(SOME.first(0)).isSameAs(SOME);
    assertThat(SOME.first(784)).isSameAs(SOME);
    PixelOrder raster = PixelOrder.raster(ImageShape.MNIST);
    assertThat(raster.first(300)).isSameAs(raster);
  }

  @Test
  void ordersOfTheSamePixelsAndIndexAreEqual() {
    PixelOrder same = PixelOrder.random(ImageShape.MNIST, 3, RandomKey.of(8));
    assertThat(same).isNotSameAs(SOME).isEqualTo(SOME).hasSameHashCodeAs(SOME);
    assertThat(SOME)
        .isNotEqualTo(PixelOrder.random(ImageShape.MNIST, 4, RandomKey.of(8)))
        .isNotEqualTo(PixelOrder.random(ImageShape.MNIST, 3, RandomKey.of(9)))
        .isNotEqualTo(SOME.first(300))
        .isNotEqualTo(PixelOrder.raster(ImageShape.MNIST))
        .isNotEqualTo(null);
  }
}
