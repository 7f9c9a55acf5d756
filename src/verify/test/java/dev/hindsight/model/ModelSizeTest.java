package dev.hindsight.model;

import static dev.hindsight.image.ImageShape.MNIST;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.backend.MetaBackend;
import dev.hindsight.error.UserException;
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
import java.util.List;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Sizes that fit no memory are one line, before anything is reserved.
class ModelSizeTest {
  private static final RandomKey KEY = RandomKey.of(1);

  /// Of the reference presets, as PyTorch counts them, and multiply-adds by hand: MADE's are the
  /// staircases of its random degrees.
  static Stream<Arguments> counted() {
    return Stream.of(
        Arguments.of(MadeConfig.random(MNIST, 1024, 3, KEY), 3_706_640, 1_853_093),
        Arguments.of(new WaveNetConfig(MNIST, 320, 9, 9), 4_619_201, 3_509_774_400L),
        Arguments.of(new PixelCnnConfig(MNIST, 128, 5, 7, 0, false), 4_039_041, 1_433_916_416),
        Arguments.of(
            new GatedPixelCnnConfig(MNIST, 96, 3, 7, false, false), 1_921_153, 1_353_017_856),
        Arguments.of(new TransformerConfig(MNIST, 128, 2, 4, 0), 497_537, 465_934_336),
        Arguments.of(new LstmConfig(MNIST, 1024, 1), 4_215_809, 3_298_770_944L),
        Arguments.of(
            new PixelSnailConfig(MNIST, Head.of(MNIST), 0, 64, 2, 2, 3, 4), 422_465, 259_830_400),
        Arguments.of(new PixelRnnConfig(MNIST, 16, 7), 57_121, 42_114_304),
        Arguments.of(new PixelRnnConfig(MNIST, 32, 3, Kind.DIAGONAL), 112_833, 83_466_752));
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
            new TransformerConfig(MNIST, 8192, 3, 64, 0),
            new LstmConfig(MNIST, 16384, 1),
            new PixelCnnConfig(MNIST, 16384, 1024, 9, 0, false),
            new GatedPixelCnnConfig(MNIST, 16384, 1024, 9, true, true),
            new WaveNetConfig(MNIST, 16384, 1024, 1),
            new PixelRnnConfig(MNIST, 16384, 1024, Kind.DIAGONAL),
            MadeConfig.random(MNIST, 100_000, 2, RandomKey.of(1)));
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
        () -> new PixelCnnConfig(MNIST, 2_000_000_000, 5, 7, 0, false),
        "pixelcnn: --filters must be from 1 to 16384 but is 2000000000");
    refused(
        () -> MadeConfig.random(MNIST, Integer.MAX_VALUE, 2, KEY),
        "made: --hidden must be from 1 to 171196 but is 2147483647");
    refused(
        () -> MadeConfig.random(MNIST, 1, 5000, KEY),
        "made: --layers must be from 1 to 1024 but is 5000");
    refused(
        () -> new TransformerConfig(MNIST, 10, 1, 3, 0),
        "transformer: --heads must divide --width 10 but is 3");
    assertThatThrownBy(() -> new TransformerConfig(MNIST, 512, 1, 2, 0))
        .hasMessageContaining("a head may have 128 channels at most");
    assertThatThrownBy(() -> new TransformerConfig(MNIST, 8, 1, 2, 1))
        .hasMessageContaining("--dropout must be at least 0 and below 1");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, -1, 1025})
  void layersAreFromOneTo1024(int layers) {
    String message = ": --layers must be from 1 to 1024 but is " + layers;
    refused(() -> new PixelCnnConfig(MNIST, 4, layers, 3, 0, false), "pixelcnn" + message);
    refused(
        () -> new GatedPixelCnnConfig(MNIST, 4, layers, 3, false, false),
        "gated-pixelcnn" + message);
    refused(() -> new TransformerConfig(MNIST, 8, layers, 2, 0), "transformer" + message);
    refused(() -> new LstmConfig(MNIST, 8, layers), "lstm" + message);
    refused(() -> new PixelRnnConfig(MNIST, 8, layers), "pixel-rnn" + message);
    String blocks = "wavenet: --blocks must be from 1 to 1024 but is " + layers;
    refused(() -> new WaveNetConfig(MNIST, 1, layers, 1), blocks);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 16385})
  void channelsAreFromOneTo16384(int channels) {
    String message = " must be from 1 to 16384 but is " + channels;
    refused(
        () -> new PixelCnnConfig(MNIST, channels, 1, 3, 0, false), "pixelcnn: --filters" + message);
    refused(
        () -> new GatedPixelCnnConfig(MNIST, channels, 1, 3, false, false),
        "gated-pixelcnn: --filters" + message);
    refused(() -> new LstmConfig(MNIST, channels, 1), "lstm: --hidden" + message);
    refused(() -> new PixelRnnConfig(MNIST, channels, 1), "pixel-rnn: --hidden" + message);
    refused(
        () -> new WaveNetConfig(MNIST, channels, 1, 1), "wavenet: --residual-channels" + message);
  }

  @ParameterizedTest
  @ValueSource(ints = {4, 11, 1, -1})
  void kernelsAreOddAndFrom3To9(int kernel) {
    String message = ": --kernel must be odd and from 3 to 9 but is " + kernel;
    refused(() -> new PixelCnnConfig(MNIST, 4, 1, kernel, 0, false), "pixelcnn" + message);
    refused(
        () -> new GatedPixelCnnConfig(MNIST, 4, 1, kernel, false, false),
        "gated-pixelcnn" + message);
  }

  @Test
  void aWaveNetSaysHowFarItLooksBack() {
    WaveNetConfig seed = new WaveNetConfig(MNIST, 320, 9, 9);
    assertThat(seed.receptiveField()).isEqualTo(513);
    assertThat(seed.remark())
        .isEqualTo(
            "receptive field 513 pixels, so the last pixel does not see the first 270 of the 783"
                + " before it");
    assertThat(new WaveNetConfig(MNIST, 8, 10, 10).remark())
        .isEqualTo("receptive field 1025 pixels, the whole image");
    assertThat(new WaveNetConfig(MNIST, 8, 1, 1).receptiveField()).isEqualTo(3);
    assertThat(new WaveNetConfig(MNIST, 8, 4, 3).receptiveField()).isEqualTo(2 + 1 + 2 + 4 + 1);
    for (int cycle : new int[] {-1, 11}) {
      refused(
          () -> new WaveNetConfig(MNIST, 1, 1, cycle),
          "wavenet: --dilation-cycle must be from 1 to 10 but is " + cycle);
    }
  }

  private static void refused(ThrowingCallable config, String message) {
    assertThatThrownBy(config).isInstanceOf(UserException.class).hasMessage(message);
  }
}
