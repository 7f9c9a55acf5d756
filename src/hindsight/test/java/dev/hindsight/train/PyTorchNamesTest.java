package dev.hindsight.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.error.UserException;
import dev.hindsight.format.Safetensors.StoredTensor;
import dev.hindsight.format.SafetensorsReader;
import dev.hindsight.image.ImageShape;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.model.ModelConfig;
import dev.hindsight.model.gatedpixelcnn.GatedPixelCnnConfig;
import dev.hindsight.model.lstm.LstmConfig;
import dev.hindsight.model.pixelcnn.PixelCnnConfig;
import dev.hindsight.model.pixelrnn.PixelRnnConfig;
import dev.hindsight.model.wavenet.WaveNetConfig;
import dev.hindsight.nn.ImageLstm.Kind;
import dev.hindsight.random.RandomKey;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// What models leave in a file is what PyTorch's modules would: names, shapes, and whole kernels
/// with zeros for the taps that do not exist.
class PyTorchNamesTest {
  private static final ImageShape MNIST = ImageShape.MNIST;

  @TempDir private Path folder;

  static Stream<Arguments> models() {
    return Stream.of(
        arguments(
            new LstmConfig(MNIST, 5, 2),
            """
            rnn.weight_ih_l0 (20, 3)|rnn.weight_hh_l0 (20, 5)|rnn.bias_ih_l0 (20)
            rnn.bias_hh_l0 (20)|rnn.weight_ih_l1 (20, 5)|rnn.weight_hh_l1 (20, 5)
            rnn.bias_ih_l1 (20)|rnn.bias_hh_l1 (20)|fc.weight (1, 5)|fc.bias (1)
            """),
        arguments(
            new WaveNetConfig(MNIST, 4, 1, 1),
            """
            first.weight (4, 3, 2)|first.bias (4)|dil.0.weight (8, 4, 2)|dil.0.bias (8)
            res.0.weight (4, 4, 1)|res.0.bias (4)|out.weight (1, 4, 1)|out.bias (1)
            """),
        arguments(
            new PixelCnnConfig(MNIST, 3, 1, 5, 0, false),
            """
            net.0.weight (3, 1, 5, 5) before|net.0.bias (3)|net.1.weight (3)|net.1.bias (3)
            net.3.weight (3, 3, 5, 5) up to|net.3.bias (3)|net.5.weight (3, 3, 1, 1)|net.5.bias (3)
            net.7.weight (1, 3, 1, 1)|net.7.bias (1)
            """),
        arguments(
            new GatedPixelCnnConfig(MNIST, 3, 1, 5, false, false),
            """
            first_v.weight (3, 1, 3, 5)|first_v.bias (3)|first_h.weight (3, 1, 5, 5) before
            first_h.bias (3)|blocks.0.v.weight (6, 3, 3, 5)|blocks.0.h.weight (6, 3, 1, 3)
            blocks.0.vtoh.weight (6, 6, 1, 1)|blocks.0.htoh.weight (3, 3, 1, 1)
            blocks.0.nv.weight (3)|blocks.0.nv.bias (3)|blocks.0.nh.weight (3)|blocks.0.nh.bias (3)
            out.weight (1, 3, 5, 5) up to|out.bias (1)
            """),
        arguments(
            new PixelRnnConfig(MNIST, 3, 1),
            """
            first.weight (6, 1, 7, 7) before|first.bias (6)
            blocks.0.input_to_state.weight (12, 6, 1, 2)|blocks.0.input_to_state.bias (12)
            blocks.0.state_to_state.weight (12, 3, 1, 3)|blocks.0.up.weight (6, 3, 1, 1)
            blocks.0.up.bias (6)|hidden.weight (6, 6, 1, 1)|hidden.bias (6)
            out.weight (1, 6, 1, 1)|out.bias (1)
            """),
        arguments(
            new PixelRnnConfig(MNIST, 3, 1, Kind.DIAGONAL),
            """
            first.weight (6, 1, 7, 7) before|first.bias (6)
            blocks.0.left_to_right.input_to_state.weight (12, 6, 1, 1)
            blocks.0.left_to_right.input_to_state.bias (12)
            blocks.0.left_to_right.state_to_state.weight (12, 3, 2, 1)
            blocks.0.right_to_left.input_to_state.weight (12, 6, 1, 1)
            blocks.0.right_to_left.input_to_state.bias (12)
            blocks.0.right_to_left.state_to_state.weight (12, 3, 2, 1)
            blocks.0.up.weight (6, 3, 1, 1)|blocks.0.up.bias (6)
            hidden.weight (6, 6, 1, 1)|hidden.bias (6)|out.weight (1, 6, 1, 1)|out.bias (1)
            """));
  }

  /// @param tensors with their shapes, and which taps of a kernel exist where not all do
  @ParameterizedTest
  @MethodSource("models")
  void areThoseOfTheFile(ModelConfig config, String tensors) {
    try (SafetensorsReader file = SafetensorsReader.open(roundTrip(config))) {
      List<String> wanted = tensors.lines().flatMap(line -> Stream.of(line.split("\\|"))).toList();
      assertThat(file.entries().entrySet())
          .extracting(
              tensor -> tensor.getKey() + " " + described(file, tensor.getKey(), tensor.getValue()))
          .containsExactlyInAnyOrderElementsOf(wanted);
    }
  }

  private static String described(SafetensorsReader file, String name, StoredTensor tensor) {
    float[] values = file.floats(name, tensor.shape());
    int area = tensor.shape().rank() < 4 ? 1 : tensor.shape().dim(2) * tensor.shape().dim(3);
    boolean[] exists = new boolean[area];
    for (int k = 0; k < values.length; k++) {
      exists[k % area] |= values[k] != 0;
    }
    int live = 0;
    while (live < area && exists[live]) {
      live++;
    }
    for (int tap = live; tap < area; tap++) {
      assertThat(exists[tap]).as("tap %d of %s", tap, name).isFalse();
    }
    String taps = live == area / 2 ? " before" : " up to";
    return tensor.shape() + (live == area || area == 1 ? "" : taps);
  }

  /// Writes a model, and reads it into another one, which must then hold the same bits.
  private Path roundTrip(ModelConfig config) {
    Path path = folder.resolve("model.safetensors");
    try (Backend backend = Backends.open("cpu");
        AutoregressiveModel written = config.create(backend, RandomKey.of(1));
        AutoregressiveModel read = config.create(backend, RandomKey.of(2))) {
      Models.save(backend, written, path);
      Checkpoint.readModel(path, read);
      assertThat(backend.readFloats(read.parameters().flat().value()))
          .isEqualTo(backend.readFloats(written.parameters().flat().value()));
    }
    return path;
  }

  @Test
  void ofAnotherSizeAreOneLine() {
    Path path = roundTrip(new WaveNetConfig(MNIST, 4, 3, 2));
    try (Backend backend = Backends.open("cpu")) {
      assertThatThrownBy(() -> Models.load(backend, new WaveNetConfig(MNIST, 5, 3, 2), path))
          .isInstanceOf(UserException.class)
          .message()
          .contains("model.safetensors", "first.weight", "4, 3, 2", "5, 3, 2");
      assertThatThrownBy(() -> Models.load(backend, new WaveNetConfig(MNIST, 4, 4, 2), path))
          .isInstanceOf(UserException.class)
          .hasMessageContaining("of another model");
    }
  }
}
