package dev.hindsight.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.model.gatedpixelcnn.GatedPixelCnnConfig;
import dev.hindsight.model.lstm.LstmConfig;
import dev.hindsight.model.made.MadeConfig;
import dev.hindsight.model.pixelcnn.PixelCnnConfig;
import dev.hindsight.model.pixelrnn.PixelRnnConfig;
import dev.hindsight.model.transformer.TransformerConfig;
import dev.hindsight.model.wavenet.WaveNetConfig;
import dev.hindsight.random.Philox;
import dev.hindsight.random.RandomKey;
import java.util.List;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Training starts from how often pixels are 1.
class OutputBiasTest {
  private static final RandomKey KEY = RandomKey.of(5);
  private static final Offset<Float> ROUNDED = Offset.offset(1e-6f);

  static List<ModelConfig> models() {
    return List.of(
        MadeConfig.random(7, 1, KEY),
        new WaveNetConfig(3, 1, 1),
        new PixelCnnConfig(3, 1, 3),
        new GatedPixelCnnConfig(3, 1, 3),
        new TransformerConfig(4, 1, 2, 0),
        new LstmConfig(3, 1),
        new PixelRnnConfig(3, 1));
  }

  /// Of which the first never is, and the last always.
  private static double[] means() {
    double[] means = new double[AutoregressiveModel.PIXELS];
    float[] uniforms = Philox.uniforms(KEY, means.length);
    for (int i = 1; i < means.length; i++) {
      means[i] = uniforms[i];
    }
    means[means.length - 1] = 1;
    return means;
  }

  private static double sigmoid(double l) {
    return 1 / (1 + Math.exp(-l));
  }

  @ParameterizedTest
  @MethodSource("models")
  void aBiasIsTheLogOddsOfItsPixelsAndStaysFinite(ModelConfig config) {
    double[] means = means();
    double sum = 0;
    for (double p : means) {
      sum += p;
    }
    try (Backend backend = Backends.open("cpu");
        AutoregressiveModel model = config.create(backend, KEY)) {
      model.startFromMeans(means);
      float[] bias = backend.readFloats(model.outputBias().value());
      assertThat(bias).hasSize(config instanceof MadeConfig ? means.length : 1);
      for (int i = 0; i < bias.length; i++) {
        double p = bias.length == 1 ? sum / means.length : Math.clamp(means[i], 0.001, 0.999);
        assertThat((float) sigmoid(bias[i])).as("bias " + i).isCloseTo((float) p, ROUNDED);
      }
    }
  }

  @Test
  void aBiasOfAnotherSizeIsRefused() {
    assertThatThrownBy(() -> LogOdds.ofMeans(means(), 28))
        .hasMessage("bias: wanted 1 number or one for each of 784 pixels, got 28");
  }
}
