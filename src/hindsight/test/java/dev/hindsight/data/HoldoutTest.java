package dev.hindsight.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hindsight.image.ImageShape;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class HoldoutTest {
  /// Image k has the pixels k, and as its label its last digit.
  private static Dataset counted(int images) {
    byte[] grey = new byte[images * ImageShape.MNIST.pixels()];
    int[] labels = new int[images];
    for (int k = 0; k < grey.length; k++) {
      grey[k] = (byte) (k / ImageShape.MNIST.pixels());
      labels[k / ImageShape.MNIST.pixels()] = k / ImageShape.MNIST.pixels() % 10;
    }
    return new Dataset("counted", ImageShape.MNIST, grey, Labels.numbered(labels));
  }

  private static List<Integer> images(Dataset data) {
    List<Integer> images = new ArrayList<>();
    for (int k = 0; k < data.count(); k++) {
      images.add(data.intensity(k, 783));
      assertThat(data.intensity(k, 0)).isEqualTo(data.intensity(k, 783));
      assertThat(data.label(k)).isEqualTo(data.intensity(k, 0) % 10);
    }
    return images;
  }

  @Test
  void everyImageIsInOneOfTheTwoInTheOrderOfTheSet() {
    Holdout cut = Holdout.of(counted(101), 13);
    List<Integer> held = images(cut.validation());
    List<Integer> kept = images(cut.training());
    assertThat(held).hasSize(13).isSorted();
    assertThat(kept).hasSize(88).isSorted().doesNotContainAnyElementsOf(held);
    assertThat(held.getLast() - held.getFirst()).isGreaterThan(13); // drawn, not one end
    assertThat(images(Holdout.of(counted(101), 13).validation())).isEqualTo(held);
  }

  @Test
  void anEighthIsHeldOutButNoMoreThan5000() {
    assertThat(Holdout.byDefault(counted(80))).isEqualTo(10);
    assertThat(Holdout.byDefault(counted(7))).isEqualTo(1);
    assertThat(
            Holdout.byDefault(
                new Dataset(
                    "", ImageShape.MNIST, new byte[60_000 * ImageShape.MNIST.pixels()], null)))
        .isEqualTo(5000);
  }

  @Test
  void someMustBeLeftToLearnFrom() {
    assertThatThrownBy(() -> Holdout.of(counted(5), 5))
        .isInstanceOf(DataException.class)
        .hasMessage(
            "--validation must be from 1 to 4, since counted has 5 training images, but is 5");
  }

  /// Nobody may have given a number, and of one image none can be held out.
  @Test
  void ofOneImageNoneCanBeHeldOut() {
    assertThatThrownBy(() -> Holdout.of(counted(1), Holdout.byDefault(counted(1))))
        .isInstanceOf(DataException.class)
        .hasMessage(
            "counted has 1 training image, too few to hold any out; give a larger set, or"
                + " --validation 0");
  }
}
