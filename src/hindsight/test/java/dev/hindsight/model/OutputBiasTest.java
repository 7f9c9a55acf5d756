package dev.hindsight.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.image.ImageShape;
import dev.hindsight.random.Philox;
import dev.hindsight.random.RandomKey;
import dev.hindsight.train.BuiltInModel;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Training starts from how often pixels are 1.
class OutputBiasTest {
  private static final RandomKey KEY = RandomKey.of(5);
  private static final Offset<Float> ROUNDED = Offset.offset(1e-6f);

  /// Of which the first never is, and the last always.
  private static double[] means() {
    double[] means = new double[ImageShape.MNIST.pixels()];
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
  @EnumSource
  void aBiasIsTheLogOddsOfItsPixelsAndStaysFinite(BuiltInModel name) {
    double[] means = means();
    double sum = 0;
    for (double p : means) {
      sum += p;
    }
    try (Backend backend = Backends.open("cpu");
        AutoregressiveModel model = name.tiny().create(backend, KEY)) {
      model.startFromMeans(means);
      float[] bias = backend.readFloats(model.outputBias().value());
      assertThat(bias).hasSize(name == BuiltInModel.MADE ? means.length : 1);
      for (int i = 0; i < bias.length; i++) {
        double p = bias.length == 1 ? sum / means.length : Math.clamp(means[i], 0.001, 0.999);
        assertThat((float) sigmoid(bias[i])).as("bias " + i).isCloseTo((float) p, ROUNDED);
      }
    }
  }

  @Test
  void eachChannelHasTheMeanOfItsOwnValues() {
    double[] means = {0.5, 0.25, 0.75, 0.5, 0.5, 0.25};
    assertThat(LogOdds.ofMeans(means, 3))
        .containsExactly(LogOdds.of(0.5), LogOdds.of(0.375), LogOdds.of(0.5));
  }

  @Test
  void aBiasOfAnotherSizeIsRefused() {
    assertThatThrownBy(() -> LogOdds.ofMeans(means(), 29))
        .hasMessage(
            "bias: wanted a number for each of 784 values, or as many for each pixel, got 29");
  }
}
