package dev.hindsight.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.image.ImageShape;
import dev.hindsight.model.gatedpixelcnn.GatedPixelCnnConfig;
import dev.hindsight.model.lstm.LstmConfig;
import dev.hindsight.model.made.MadeConfig;
import dev.hindsight.model.pixelcnn.PixelCnnConfig;
import dev.hindsight.model.pixelrnn.PixelRnnConfig;
import dev.hindsight.model.pixelsnail.PixelSnailConfig;
import dev.hindsight.model.transformer.TransformerConfig;
import dev.hindsight.model.wavenet.WaveNetConfig;
import dev.hindsight.nn.ImageLstm.Kind;
import dev.hindsight.random.RandomKey;
import dev.hindsight.train.Adam;
import dev.hindsight.train.TrainingStep;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Every model learns a few images by heart, and no step but the first reserves memory.
@Tag("slow")
class LearningTest {
  private static final RandomKey KEY = RandomKey.of(11);
  private static final ImageShape SHAPE = new ImageShape(9, 10);

  /// A model, how many images, steps and the learning rate.
  static Stream<Arguments> models() {
    return Stream.of(
        Arguments.of(MadeConfig.random(SHAPE, 256, 1, KEY), 4, 150, 1e-2f),
        Arguments.of(new WaveNetConfig(SHAPE, 32, 9, 9), 1, 250, 5e-3f),
        Arguments.of(new PixelCnnConfig(SHAPE, 8, 3, 7, 0, false), 4, 150, 1e-2f),
        Arguments.of(new GatedPixelCnnConfig(SHAPE, 8, 2, 7, false, false), 4, 150, 1e-2f),
        Arguments.of(new TransformerConfig(SHAPE, 16, 1, 2, 0.01f), 1, 200, 1e-2f),
        Arguments.of(new PixelSnailConfig(SHAPE, Head.of(SHAPE), 0, 16, 1, 1, 3, 2), 1, 150, 1e-2f),
        Arguments.of(new LstmConfig(SHAPE, 48, 2), 4, 120, 1e-2f),
        Arguments.of(new PixelRnnConfig(SHAPE, 8, 2), 4, 100, 1e-2f),
        Arguments.of(new PixelRnnConfig(SHAPE, 8, 2, Kind.DIAGONAL), 4, 100, 1e-2f));
  }

  @ParameterizedTest
  @MethodSource("models")
  void aFewImagesAreLearntByHeart(ModelConfig config, int images, int steps, float rate) {
    try (Backend backend = Backends.open("cpu");
        AutoregressiveModel model = config.create(backend, KEY);
        TrainingStep step =
            new TrainingStep(backend, model, new Adam(backend, model.parameters(), 0, 1))) {
      double first = step.run(patterns(images), images, rate);
      long reserved = backend.reservedBytes();
      double last = first;
      for (int k = 1; k < steps; k++) {
        last = step.run(patterns(images), images, rate);
      }
      double uniform = SHAPE.pixels() * Math.log(2);
      assertThat(first).isBetween(0.6 * uniform, 1.28 * uniform);
      assertThat(last).isLessThan(0.1 * uniform);
      assertThat(backend.reservedBytes()).isEqualTo(reserved);
    }
  }

  /// Rows, columns, a plain image of ones and one of zeros.
  private static float[] patterns(int images) {
    float[] pixels = new float[images * SHAPE.pixels()];
    for (int k = 0; k < pixels.length; k++) {
      int row = k % SHAPE.pixels() / SHAPE.width();
      int column = k % SHAPE.width();
      pixels[k] =
          switch (k / SHAPE.pixels()) {
            case 0 -> row / 4 % 2;
            case 1 -> column / 4 % 2;
            case 2 -> 1;
            default -> 0;
          };
    }
    return pixels;
  }
}
