package dev.hindsight.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.format.SafetensorsReader;
import dev.hindsight.image.ImageShape;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.model.ModelConfig;
import dev.hindsight.model.gatedpixelcnn.GatedPixelCnnConfig;
import dev.hindsight.model.pixelcnn.PixelCnnConfig;
import dev.hindsight.model.pixelrnn.PixelRnnConfig;
import dev.hindsight.nn.ImageLstm.Kind;
import dev.hindsight.random.RandomKey;
import dev.hindsight.tensor.Shape;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What the PixelCNNs and PixelRNN leave in a file is what PyTorch's `nn.Conv2d` would: whole
/// kernels, with zeros for the taps that do not exist.
class KernelCheckpointTest {
  @TempDir private Path folder;

  private static float[] read(SafetensorsReader file, String name, int... dims) {
    Shape shape = Shape.of(dims);
    float[] values = new float[Math.toIntExact(shape.size())];
    file.floats(name, shape, values, 0);
    return values;
  }

  private static void assertMasked(float[] kernel, int k, boolean centre) {
    for (int n = 0; n < kernel.length; n++) {
      int tap = n % (k * k);
      boolean exists = tap < k * k / 2 || (centre && tap == k * k / 2);
      assertThat(kernel[n] != 0).as("weight %d", n).isEqualTo(exists);
    }
  }

  @Test
  void holdsWholeKernelsUnderPyTorchsNames() {
    try (Backend backend = Backends.open("cpu")) {
      Path plain =
          roundTrip(backend, new PixelCnnConfig(ImageShape.MNIST, 3, 1, 5, 0, false), "plain");
      try (SafetensorsReader file = SafetensorsReader.open(plain)) {
        assertThat(file.entries()).hasSize(10);
        assertMasked(read(file, "net.0.weight", 3, 1, 5, 5), 5, false);
        assertMasked(read(file, "net.3.weight", 3, 3, 5, 5), 5, true);
        assertThat(read(file, "net.1.weight", 3)).containsOnly(1);
        read(file, "net.1.bias", 3);
        assertThat(read(file, "net.5.weight", 3, 3, 1, 1)).doesNotContain(0);
        assertThat(read(file, "net.7.weight", 1, 3, 1, 1)).doesNotContain(0);
        read(file, "net.7.bias", 1);
      }
      Path gated =
          roundTrip(
              backend, new GatedPixelCnnConfig(ImageShape.MNIST, 3, 1, 5, false, false), "gated");
      try (SafetensorsReader file = SafetensorsReader.open(gated)) {
        assertThat(file.entries()).hasSize(14);
        assertThat(read(file, "first_v.weight", 3, 1, 3, 5)).doesNotContain(0);
        read(file, "first_v.bias", 3);
        assertMasked(read(file, "first_h.weight", 3, 1, 5, 5), 5, false);
        assertThat(read(file, "blocks.0.v.weight", 6, 3, 3, 5)).doesNotContain(0);
        assertThat(read(file, "blocks.0.h.weight", 6, 3, 1, 3)).doesNotContain(0);
        assertThat(read(file, "blocks.0.vtoh.weight", 6, 6, 1, 1)).doesNotContain(0);
        assertThat(read(file, "blocks.0.htoh.weight", 3, 3, 1, 1)).doesNotContain(0);
        read(file, "blocks.0.nv.weight", 3);
        read(file, "blocks.0.nh.bias", 3);
        assertMasked(read(file, "out.weight", 1, 3, 5, 5), 5, true);
      }
      Path rnn = roundTrip(backend, new PixelRnnConfig(ImageShape.MNIST, 3, 2), "rnn");
      try (SafetensorsReader file = SafetensorsReader.open(rnn)) {
        assertThat(file.entries()).hasSize(16);
        assertMasked(read(file, "first.weight", 6, 1, 7, 7), 7, false);
        String block = "blocks.1.";
        assertThat(read(file, block + "input_to_state.weight", 12, 6, 1, 2)).doesNotContain(0);
        read(file, block + "input_to_state.bias", 12);
        assertThat(read(file, block + "state_to_state.weight", 12, 3, 1, 3)).doesNotContain(0);
        read(file, block + "up.weight", 6, 3, 1, 1);
        read(file, "hidden.bias", 6);
        read(file, "out.weight", 1, 6, 1, 1);
      }
      Path diagonal =
          roundTrip(backend, new PixelRnnConfig(ImageShape.MNIST, 3, 1, Kind.DIAGONAL), "diagonal");
      try (SafetensorsReader file = SafetensorsReader.open(diagonal)) {
        assertThat(file.entries()).hasSize(14);
        for (String way : new String[] {"left_to_right", "right_to_left"}) {
          String lstm = "blocks.0." + way;
          assertThat(read(file, lstm + ".input_to_state.weight", 12, 6, 1, 1)).doesNotContain(0);
          read(file, lstm + ".input_to_state.bias", 12);
          assertThat(read(file, lstm + ".state_to_state.weight", 12, 3, 2, 1)).doesNotContain(0);
        }
      }
    }
  }

  /// Writes a model, and reads it into another one, which must then hold the same bits.
  private Path roundTrip(Backend backend, ModelConfig config, String name) {
    Path path = folder.resolve(name + ".safetensors");
    try (AutoregressiveModel written = config.create(backend, RandomKey.of(1));
        AutoregressiveModel read = config.create(backend, RandomKey.of(2))) {
      Checkpoint.model(
              backend, written, written.parameters().flat().value(), Checkpoint.Reached.START)
          .write(path);
      Checkpoint.readModel(path, read);
      assertThat(backend.readFloats(read.parameters().flat().value()))
          .isEqualTo(backend.readFloats(written.parameters().flat().value()));
    }
    return path;
  }
}
