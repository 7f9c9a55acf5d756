package dev.hindsight.model.pixelrnn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.error.UserException;
import dev.hindsight.image.ImageShape;
import dev.hindsight.nn.ImageLstm.Kind;
import dev.hindsight.random.RandomKey;
import dev.hindsight.train.Adam;
import dev.hindsight.train.TrainingStep;
import java.util.Arrays;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class PixelRnnTest {
  private static final RandomKey KEY = RandomKey.of(11);

  /// PyTorch counts as many for the same layers.
  @Test
  void hasTheParametersOfPyTorch() {
    try (Backend backend = Backends.open("cpu");
        PixelRnn net = new PixelRnnConfig(ImageShape.MNIST, 16, 7).create(backend, KEY)) {
      int first = 32 * 49 + 32;
      int layer = 64 * 32 * 2 + 64 + 64 * 16 * 3 + 32 * 16 + 32;
      assertThat(net.parameters().count()).isEqualTo(first + 7 * layer + 32 * 32 + 32 + 32 + 1);
      assertThat(net.parameters().all())
          .extracting(p -> p.name() + " " + p.layout().torch())
          .startsWith("first.weight (32, 1, 7, 7)", "first.bias (32)")
          .contains(
              "blocks.6.input_to_state.weight (64, 32, 1, 2)",
              "blocks.6.input_to_state.bias (64)",
              "blocks.6.state_to_state.weight (64, 16, 1, 3)",
              "blocks.6.up.weight (32, 16, 1, 1)",
              "blocks.6.up.bias (32)")
          .endsWith(
              "hidden.weight (32, 32, 1, 1)",
              "hidden.bias (32)",
              "out.weight (1, 32, 1, 1)",
              "out.bias (1)");
    }
  }

  @Test
  void hasTheParametersOfPyTorchWithDiagonals() {
    try (Backend backend = Backends.open("cpu");
        PixelRnn net =
            new PixelRnnConfig(ImageShape.MNIST, 16, 7, Kind.DIAGONAL).create(backend, KEY)) {
      int first = 32 * 49 + 32;
      int layer = 2 * (64 * 32 + 64 + 64 * 16 * 2) + 32 * 16 + 32;
      assertThat(net.parameters().count()).isEqualTo(first + 7 * layer + 32 * 32 + 32 + 32 + 1);
      assertThat(net.parameters().all())
          .extracting(p -> p.name() + " " + p.layout().torch())
          .contains(
              "blocks.6.left_to_right.input_to_state.weight (64, 32, 1, 1)",
              "blocks.6.left_to_right.input_to_state.bias (64)",
              "blocks.6.left_to_right.state_to_state.weight (64, 16, 2, 1)",
              "blocks.6.right_to_left.input_to_state.weight (64, 32, 1, 1)",
              "blocks.6.right_to_left.input_to_state.bias (64)",
              "blocks.6.right_to_left.state_to_state.weight (64, 16, 2, 1)",
              "blocks.6.up.weight (32, 16, 1, 1)");
    }
  }

  /// Of the first convolution to 4 channels: rows above, to either side, and the row to the left.
  private static final long FIRST =
      4 * ((27 + 26 + 25) * (28 + 2 * (27 + 26 + 25)) + 28 * (27 + 26 + 25));

  /// All rows from the left, all but the last from the right; a pixel hears the one beside it and
  /// the one above, where they are.
  @Test
  void countsWhatExistsOfDiagonals() {
    try (Backend backend = Backends.open("cpu");
        PixelRnn net =
            new PixelRnnConfig(ImageShape.MNIST, 2, 1, Kind.DIAGONAL).create(backend, KEY)) {
      long right = 28 * 28 * 8 * 4 + (28 * 27 + 27 * 28) * 8 * 2;
      long left = 27 * 28 * 8 * 4 + (27 * 27 + 26 * 28) * 8 * 2;
      assertThat(net.multiplyAdds() - FIRST)
          .isEqualTo(right + left + 784 * 2 * 4 + 784 * (4 * 4 + 4));
    }
  }

  /// Rows of 28 pixels that see all taps, but for those at the edges and for the first row.
  @Test
  void countsWhatExists() {
    try (Backend backend = Backends.open("cpu");
        PixelRnn net = new PixelRnnConfig(ImageShape.MNIST, 2, 1).create(backend, KEY)) {
      long lstm = 28 * (28 + 27) * 8 * 4 + 27 * (28 + 27 + 27) * 8 * 2 + 784 * 2 * 4;
      assertThat(net.multiplyAdds() - FIRST).isEqualTo(lstm + 784 * (4 * 4 + 4));
    }
  }

  /// Two images with stripes, two plain ones.
  private static float[] patterns() {
    float[] pixels = new float[4 * 784];
    for (int i = 0; i < 784; i++) {
      pixels[i] = i / 28 / 4 % 2;
      pixels[784 + i] = i % 28 / 4 % 2;
      pixels[2 * 784 + i] = 1;
    }
    return pixels;
  }

  @ParameterizedTest
  @EnumSource
  void learnsOneBatchByHeart(Kind lstm) {
    try (Backend backend = Backends.open("cpu");
        PixelRnn net = new PixelRnnConfig(ImageShape.MNIST, 8, 2, lstm).create(backend, KEY)) {
      TrainingStep step = new TrainingStep(backend, net, new Adam(backend, net.parameters(), 0, 1));
      double first = step.run(patterns(), 4, 1e-2f);
      long reserved = backend.reservedBytes();
      double last = first;
      for (int k = 0; k < 100; k++) {
        last = step.run(patterns(), 4, 1e-2f);
      }
      assertThat(first).isBetween(500.0, 600.0);
      assertThat(last).isLessThan(20);
      assertThat(backend.reservedBytes()).isEqualTo(reserved);
    }
  }

  @Test
  void startsFromTheMeanOfAllPixels() {
    try (Backend backend = Backends.reference();
        PixelRnn net = new PixelRnnConfig(ImageShape.MNIST, 1, 1).create(backend, KEY)) {
      double[] means = new double[784];
      Arrays.fill(means, 0, 392, 0.4);
      net.startFromMeans(means);
      var bias = Objects.requireNonNull(net.output().bias());
      assertThat(backend.readDoubles(bias.value())[0]).isCloseTo(Math.log(0.2 / 0.8), within(1e-6));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "0, 1, --hidden must be from 1 to 16384 but is 0",
    "16385, 1, --hidden must be from 1 to 16384 but is 16385",
    "8, 0, --layers must be from 1 to 1024 but is 0"
  })
  void refusesSizesInOneLine(int hidden, int layers, String message) {
    assertThatThrownBy(() -> new PixelRnnConfig(ImageShape.MNIST, hidden, layers))
        .isInstanceOf(UserException.class)
        .hasMessage("pixel-rnn: " + message);
  }
}
