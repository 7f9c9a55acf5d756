package dev.hindsight.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.error.UserException;
import dev.hindsight.model.gatedpixelcnn.GatedPixelCnnConfig;
import dev.hindsight.model.lstm.LstmConfig;
import dev.hindsight.model.made.MadeConfig;
import dev.hindsight.model.pixelcnn.PixelCnnConfig;
import dev.hindsight.model.pixelrnn.PixelRnnConfig;
import dev.hindsight.model.transformer.TransformerConfig;
import dev.hindsight.model.wavenet.WaveNetConfig;
import dev.hindsight.nn.ImageLstm.Kind;
import dev.hindsight.nn.PixelEmbedding;
import dev.hindsight.random.RandomKey;
import org.junit.jupiter.api.Test;

/// Sizes that fit no memory are one line, before anything is reserved.
class ModelSizeTest {
  private static final RandomKey KEY = RandomKey.of(1);

  /// What the limit is held against is what a model has.
  @Test
  void theCountsAreThoseOfTheModels() {
    try (Backend backend = Backends.reference()) {
      counts(backend, MadeConfig.random(7, 3, KEY), MadeConfig.parameters(7, 3));
      counts(backend, new WaveNetConfig(5, 3, 2), WaveNetConfig.parameters(5, 3));
      counts(backend, new TransformerConfig(6, 2, 3, 0), TransformerConfig.parameters(6, 2));
      counts(backend, new LstmConfig(5, 1), LstmConfig.parameters(5, 1));
      counts(backend, new LstmConfig(5, 3), LstmConfig.parameters(5, 3));
      counts(backend, new PixelCnnConfig(5, 2, 3, 0, false), PixelCnnConfig.parameters(5, 2, 3));
      counts(
          backend,
          new GatedPixelCnnConfig(5, 2, 5, false, false),
          GatedPixelCnnConfig.parameters(5, 2, 5));
      double embedding = PixelEmbedding.parameters(5);
      counts(
          backend,
          new PixelCnnConfig(5, 2, 3, 0, true),
          PixelCnnConfig.parameters(5, 2, 3) + embedding);
      counts(
          backend,
          new GatedPixelCnnConfig(5, 2, 5, false, true),
          GatedPixelCnnConfig.parameters(5, 2, 5) + embedding);
      for (Kind lstm : Kind.values()) {
        counts(backend, new PixelRnnConfig(5, 2, lstm), PixelRnnConfig.parameters(5, 2, lstm));
      }
    }
  }

  private static void counts(Backend backend, ModelConfig config, double parameters) {
    try (AutoregressiveModel model = config.create(backend, KEY)) {
      assertThat((long) parameters).as(config.name()).isEqualTo(model.parameters().count());
    }
  }

  @Test
  void tooManyParametersAreRefused() {
    refused(
        () -> new TransformerConfig(8192, 3, 64, 0),
        "transformer: --width 8192 and --layers 3 would be 2423 million parameters but 268 million"
            + " is the most; make it smaller");
    refused(
        () -> new LstmConfig(16384, 1),
        "lstm: --hidden 16384 and --layers 1 would be 1075 million parameters but 268 million is"
            + " the most; make it smaller");
    refused(
        () -> new PixelCnnConfig(30_000, 5, 7, 0, false),
        "pixelcnn: --filters 30000 and --layers 5 would be 221403 million parameters but 268"
            + " million is the most; make it smaller");
    refused(
        () -> MadeConfig.random(Integer.MAX_VALUE, 2, KEY),
        "made: --hidden 2147483647 and --layers 2 would be 4611689385682 million parameters but"
            + " 268 million is the most; make it smaller");
  }

  @Test
  void tooManyLayersAreRefused() {
    refused(
        () -> new TransformerConfig(64, 1_000_000, 4, 0),
        "transformer: --layers must be at most 1024 but is 1000000");
    refused(
        () -> MadeConfig.random(1, 5000, KEY), "made: --layers must be at most 1024 but is 5000");
    refused(() -> new LstmConfig(1, 0), "lstm: --layers must be at least 1 but is 0");
  }

  private static void refused(Runnable config, String message) {
    assertThatThrownBy(config::run).isInstanceOf(UserException.class).hasMessage(message);
  }
}
