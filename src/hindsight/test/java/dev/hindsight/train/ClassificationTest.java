package dev.hindsight.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.data.Binarize;
import dev.hindsight.data.Dataset;
import dev.hindsight.data.Labels;
import dev.hindsight.image.ImageShape;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.model.BernoulliHead;
import dev.hindsight.nn.Parameter;
import dev.hindsight.random.RandomKey;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class ClassificationTest {
  private static final ImageShape SHAPE = new ImageShape(2, 3);
  private static final int IMAGES = 131; // more than a pass of three classes holds, 80
  private static final int CLASSES = 3;

  /// An image under a class has the nats that the protocol gives an image of that class, the mean
  /// over all binarizations.
  @Test
  void takesTheProtocolsMeanUnderEachClass() {
    double[] prior = {0.5, 0.3, 0.2};
    var protocol = new Protocol(2, Binarize.STOCHASTIC, 3, 0, CLASSES, 1);
    RandomKey key = RandomKey.of(2);
    try (Backend backend = Backends.open("cpu");
        AutoregressiveModel model =
            BuiltInModel.MADE.tiny(SHAPE, new BernoulliHead(), CLASSES).create(backend, key)) {
      for (Parameter parameter : model.parameters().all()) {
        if (parameter.name().startsWith("classes")) {
          model.parameters().write(parameter, values(parameter.shape().size()));
        }
      }
      Classification found = Classification.of(backend, model, images(0), protocol, prior);
      assertThat(found.images()).isEqualTo(IMAGES);
      int[] of = new int[CLASSES];
      for (int y = 0; y < CLASSES; y++) {
        float[][] nll = protocol.each(backend, model, images(y), 17);
        for (int image = 0; image < IMAGES; image++) {
          double mean = (nll[0][image] + nll[1][image] + nll[2][image]) / 3.0;
          assertThat(found.scores()[image][y]).isCloseTo(Math.log(prior[y]) - mean, within(1e-5));
          of[y] += found.best(image) == y ? 1 : 0;
        }
        assertThat(found.accuracy(images(y))).isEqualTo((double) of[y] / IMAGES);
      }
      assertThat(Arrays.stream(of).filter(count -> count > 0).count()).isGreaterThan(1);
    }
  }

  private static float[] values(long count) {
    float[] values = new float[(int) count];
    for (int k = 0; k < values.length; k++) {
      values[k] = k * 7919 % 101 / 50f - 1;
    }
    return values;
  }

  /// Grey ones, all of one class.
  private static Dataset images(int label) {
    byte[] bytes = new byte[IMAGES * SHAPE.values()];
    for (int k = 0; k < bytes.length; k++) {
      bytes[k] = (byte) (k * 7907 % 256);
    }
    int[] labels = new int[IMAGES];
    Arrays.fill(labels, label);
    return new Dataset("grey", SHAPE, bytes, Labels.numbered(labels));
  }
}
