package dev.hindsight.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.backend.MetaBackend;
import dev.hindsight.error.UserException;
import dev.hindsight.image.ImageShape;
import dev.hindsight.model.gatedpixelcnn.GatedPixelCnnConfig;
import dev.hindsight.model.lstm.LstmConfig;
import dev.hindsight.model.made.MadeConfig;
import dev.hindsight.model.pixelcnn.PixelCnnConfig;
import dev.hindsight.model.pixelrnn.PixelRnnConfig;
import dev.hindsight.model.transformer.TransformerConfig;
import dev.hindsight.model.wavenet.WaveNetConfig;
import dev.hindsight.nn.ImageLstm.Kind;
import dev.hindsight.random.RandomKey;
import java.util.List;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Sizes that fit no memory are one line, before anything is reserved.
class ModelSizeTest {
  private static final RandomKey KEY = RandomKey.of(1);

  /// Of the reference presets, as PyTorch counts them, and multiply-adds by hand: MADE's are the
  /// staircases of its random degrees.
  static Stream<Arguments> counted() {
    return Stream.of(
        Arguments.of(MadeConfig.random(ImageShape.MNIST, 1024, 3, KEY), 3_706_640, 1_853_093),
        Arguments.of(new WaveNetConfig(ImageShape.MNIST, 320, 9, 9), 4_619_201, 3_509_774_400L),
        Arguments.of(
            new PixelCnnConfig(ImageShape.MNIST, 128, 5, 7, 0, false), 4_039_041, 1_433_916_416),
        Arguments.of(
            new GatedPixelCnnConfig(ImageShape.MNIST, 96, 3, 7, false, false),
            1_921_153,
            1_353_017_856),
        Arguments.of(new TransformerConfig(ImageShape.MNIST, 128, 2, 4, 0), 497_537, 465_934_336),
        Arguments.of(new LstmConfig(ImageShape.MNIST, 1024, 1), 4_215_809, 3_298_770_944L),
        Arguments.of(new PixelRnnConfig(ImageShape.MNIST, 16, 7), 57_121, 42_114_304),
        Arguments.of(
            new PixelRnnConfig(ImageShape.MNIST, 32, 3, Kind.DIAGONAL), 112_833, 83_466_752));
  }

  @ParameterizedTest
  @MethodSource("counted")
  void parametersAndMultiplyAddsAreCountedWithoutMemory(
      ModelConfig config, long parameters, long multiplyAdds) {
    assertThat(config.parameters()).isEqualTo(parameters);
    try (AutoregressiveModel model = config.create(MetaBackend.open(), KEY)) {
      assertThat(model.multiplyAdds()).isEqualTo(multiplyAdds);
      assertThat(model.parameters().count()).isEqualTo(parameters);
      assertThatThrownBy(() -> model.outputBias().value().address())
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("shapes alone");
    }
  }

  @Test
  void tooManyParametersAreRefusedBeforeMemoryIsReserved() {
    List<ModelConfig> large =
        List.of(
            new TransformerConfig(ImageShape.MNIST, 8192, 3, 64, 0),
            new LstmConfig(ImageShape.MNIST, 16384, 1),
            new PixelCnnConfig(ImageShape.MNIST, 16384, 1024, 9, 0, false),
            new GatedPixelCnnConfig(ImageShape.MNIST, 16384, 1024, 9, true, true),
            new WaveNetConfig(ImageShape.MNIST, 16384, 1024, 1),
            new PixelRnnConfig(ImageShape.MNIST, 16384, 1024, Kind.DIAGONAL),
            MadeConfig.spreadEvenly(ImageShape.MNIST, 100_000, 2));
    try (Backend backend = Backends.open("cpu")) {
      for (ModelConfig config : large) {
        String message =
            "a model of these sizes has more than 268 million parameters, which is the most; make it"
                + " smaller";
        refused(config::parameters, message);
        refused(() -> config.create(backend, KEY), message);
      }
      assertThat(backend.reservedBytes()).isZero();
    }
  }

  @Test
  void absurdSizesAreRefused() {
    refused(
        () -> new PixelCnnConfig(ImageShape.MNIST, 2_000_000_000, 5, 7, 0, false),
        "pixelcnn: --filters must be from 1 to 16384 but is 2000000000");
    refused(
        () -> MadeConfig.random(ImageShape.MNIST, Integer.MAX_VALUE, 2, KEY),
        "made: --hidden must be from 1 to 171196 but is 2147483647");
    refused(
        () -> new TransformerConfig(ImageShape.MNIST, 64, 1_000_000, 4, 0),
        "transformer: --layers must be from 1 to 1024 but is 1000000");
    refused(
        () -> MadeConfig.random(ImageShape.MNIST, 1, 5000, KEY),
        "made: --layers must be from 1 to 1024 but is 5000");
    refused(
        () -> new LstmConfig(ImageShape.MNIST, 1, 0),
        "lstm: --layers must be from 1 to 1024 but is 0");
  }

  private static void refused(ThrowingCallable config, String message) {
    assertThatThrownBy(config).isInstanceOf(UserException.class).hasMessage(message);
  }
}
