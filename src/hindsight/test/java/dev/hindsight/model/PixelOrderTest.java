package dev.hindsight.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.image.ImageShape;
import org.junit.jupiter.api.Test;

class PixelOrderTest {
  private static final PixelOrder SOME = PixelOrder.symmetry(ImageShape.MNIST, 6);

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

  @Test
  void ordersOfTheSamePixelsAndIndexAreEqual() {
    PixelOrder same = PixelOrder.symmetry(ImageShape.MNIST, 6);
    assertThat(same).isNotSameAs(SOME).isEqualTo(SOME).hasSameHashCodeAs(SOME);
    assertThat(SOME)
        .isNotEqualTo(PixelOrder.symmetry(ImageShape.MNIST, 5))
        .isNotEqualTo(PixelOrder.symmetry(new ImageShape(27, 27), 6))
        .isNotEqualTo(PixelOrder.raster(ImageShape.MNIST))
        .isNotEqualTo(null);
  }
}
