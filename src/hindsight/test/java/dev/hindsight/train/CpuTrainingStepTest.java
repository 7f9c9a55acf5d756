package dev.hindsight.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Precision;
import dev.hindsight.backend.cpu.CpuBackend;
import dev.hindsight.data.Dataset;
import dev.hindsight.data.Datasets;
import dev.hindsight.data.Split;
import dev.hindsight.image.ImageShape;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.model.ModelConfig;
import dev.hindsight.model.gatedpixelcnn.GatedPixelCnnConfig;
import dev.hindsight.model.lstm.LstmConfig;
import dev.hindsight.model.made.MadeConfig;
import dev.hindsight.model.pixelcnn.PixelCnnConfig;
import dev.hindsight.model.transformer.TransformerConfig;
import dev.hindsight.model.wavenet.WaveNetConfig;
import dev.hindsight.random.RandomKey;
import dev.hindsight.testing.CpuInBf16;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Whole training steps of every model on the CPU: the same bits whatever the threads, no memory
/// after the first.
class CpuTrainingStepTest {
  private static final RandomKey KEY = RandomKey.of(3);
  private static final int IMAGES = 5;
  private static final float RATE = 1e-3f;

  static List<ModelConfig> models() {
    return List.of(
        MadeConfig.random(ImageShape.MNIST, 64, 2, KEY),
        new WaveNetConfig(ImageShape.MNIST, 16, 4, 3),
        new WaveNetConfig(ImageShape.MNIST, 96, 3, 3), // pairs of positions are filtered
        new PixelCnnConfig(ImageShape.MNIST, 16, 1, 5, 0, false),
        new GatedPixelCnnConfig(ImageShape.MNIST, 16, 2, 3, false, false),
        new TransformerConfig(ImageShape.MNIST, 32, 2, 2, 0.1f),
        new LstmConfig(ImageShape.MNIST, 70, 1));
  }

  private static float[] pixels() {
    Dataset digits = Datasets.open(Datasets.EMBEDDED, Split.TEST);
    float[] pixels = new float[IMAGES * ImageShape.MNIST.pixels()];
    for (int k = 0; k < pixels.length; k++) {
      int image = k / ImageShape.MNIST.pixels();
      pixels[k] = digits.intensity(image, k % ImageShape.MNIST.pixels()) > 127 ? 1 : 0;
    }
    return pixels;
  }

  private static Backend open(Precision precision, int threads) {
    return precision == Precision.BF16
        ? CpuInBf16.open(threads)
        : CpuBackend.open(threads, precision);
  }

  private static float[] weightsAfter(
      ModelConfig config, Precision precision, int threads, int steps) {
    try (Backend backend = open(precision, threads);
        AutoregressiveModel model = config.create(backend, KEY);
        TrainingStep step =
            new TrainingStep(backend, model, new Adam(backend, model.parameters()), true, KEY)) {
      for (int k = 0; k < steps; k++) {
        step.run(pixels(), IMAGES, RATE);
      }
      return backend.readFloats(model.parameters().flat().value());
    }
  }

  @ParameterizedTest
  @MethodSource("models")
  void giveTheSameBitsWhateverTheThreads(ModelConfig config) {
    float[] one = weightsAfter(config, Precision.FP32, 1, 2);
    assertThat(weightsAfter(config, Precision.FP32, 2, 2)).isEqualTo(one);
    assertThat(weightsAfter(config, Precision.FP32, 3, 2)).isEqualTo(one);
    float[] half = weightsAfter(config, Precision.BF16, 1, 2);
    assertThat(weightsAfter(config, Precision.BF16, 2, 2)).isEqualTo(half).isNotEqualTo(one);
  }

  @ParameterizedTest
  @MethodSource("models")
  void reserveNothingAfterTheFirst(ModelConfig config) {
    float[] pixels = pixels();
    for (Precision precision : List.of(Precision.FP32, Precision.BF16)) {
      try (Backend backend = open(precision, 2);
          AutoregressiveModel model = config.create(backend, KEY);
          TrainingStep step =
              new TrainingStep(backend, model, new Adam(backend, model.parameters()), true, KEY)) {
        step.run(pixels, IMAGES, RATE);
        long reserved = backend.reservedBytes();
        for (int k = 0; k < 3; k++) {
          step.run(pixels, IMAGES, RATE);
        }
        assertThat(backend.reservedBytes()).isEqualTo(reserved);
      }
    }
  }
}
