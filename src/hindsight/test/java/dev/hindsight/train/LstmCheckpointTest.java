package dev.hindsight.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.format.SafetensorsReader;
import dev.hindsight.image.ImageShape;
import dev.hindsight.model.lstm.Lstm;
import dev.hindsight.model.lstm.LstmConfig;
import dev.hindsight.random.RandomKey;
import dev.hindsight.tensor.Shape;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What the LSTM leaves in a file is what PyTorch's `nn.LSTM` and `nn.Linear` would.
class LstmCheckpointTest {
  @Test
  void holdsPyTorchsNamesAndShapesAndComesBackWhole(@TempDir Path folder) {
    Path path = folder.resolve("lstm.safetensors");
    LstmConfig config = new LstmConfig(ImageShape.MNIST, 5, 2);
    try (Backend backend = Backends.open("cpu");
        Lstm written = config.create(backend, RandomKey.of(1));
        Lstm read = config.create(backend, RandomKey.of(2))) {
      Checkpoint.model(
              backend, written, written.parameters().flat().value(), Checkpoint.Reached.START)
          .write(path);
      Checkpoint.readModel(path, read);
      float[] weights = backend.readFloats(written.parameters().flat().value());
      assertThat(backend.readFloats(read.parameters().flat().value())).isEqualTo(weights);
    }
    try (SafetensorsReader file = SafetensorsReader.open(path)) {
      assertThat(file.entries()).hasSize(10);
      for (int layer = 0; layer < 2; layer++) {
        int inputs = layer == 0 ? 3 : 5;
        file.floats("rnn.weight_ih_l" + layer, Shape.of(20, inputs));
        file.floats("rnn.weight_hh_l" + layer, Shape.of(20, 5));
        file.floats("rnn.bias_ih_l" + layer, Shape.of(20));
        file.floats("rnn.bias_hh_l" + layer, Shape.of(20));
      }
      file.floats("fc.weight", Shape.of(1, 5));
      file.floats("fc.bias", Shape.of(1));
    }
  }
}
