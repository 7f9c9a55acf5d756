package dev.hindsight.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.data.Binarize;
import dev.hindsight.data.Dataset;
import dev.hindsight.data.Datasets;
import dev.hindsight.data.Split;
import dev.hindsight.error.UserException;
import dev.hindsight.format.SafetensorsReader;
import dev.hindsight.image.ImageShape;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.model.wavenet.WaveNetConfig;
import dev.hindsight.random.RandomKey;
import dev.hindsight.tensor.Shape;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// WaveNet's checkpoints: what PyTorch would write, read back to the bit, and a run that goes on.
class WaveNetRunTest {
  private static final Backend BACKEND = Backends.open("cpu");
  private static final WaveNetConfig SMALL = new WaveNetConfig(ImageShape.MNIST, 4, 3, 2);

  @TempDir private Path temp;

  @AfterAll
  static void close() {
    BACKEND.close();
  }

  private static AutoregressiveModel create(WaveNetConfig config, int seed) {
    return config.create(BACKEND, RandomKey.of(seed));
  }

  @Test
  void aCheckpointHasPyTorchsShapesAndReadsBackToTheBit() {
    Path path = temp.resolve("model.safetensors");
    try (AutoregressiveModel written = create(SMALL, 1);
        AutoregressiveModel read = create(SMALL, 2)) {
      Checkpoint.model(
              BACKEND, written, written.parameters().flat().value(), Checkpoint.Reached.START)
          .write(path);
      Checkpoint.readModel(path, read);
      assertThat(BACKEND.readFloats(read.parameters().flat().value()))
          .isEqualTo(BACKEND.readFloats(written.parameters().flat().value()));
    }
    try (SafetensorsReader file = SafetensorsReader.open(path)) {
      assertThat(file.entries()).hasSize(2 + 3 * 4 + 2);
      assertThat(file.floats("first.weight", Shape.of(4, 3, 2))).hasSize(24);
      assertThat(file.floats("dil.2.weight", Shape.of(8, 4, 2))).hasSize(64);
      assertThat(file.floats("res.2.weight", Shape.of(4, 4, 1))).hasSize(16);
      assertThat(file.floats("out.weight", Shape.of(1, 4, 1))).hasSize(4);
    }
  }

  @Test
  void otherChannelsAreOneClearLine() {
    Path path = temp.resolve("model.safetensors");
    try (AutoregressiveModel written = create(SMALL, 1);
        AutoregressiveModel wider = create(new WaveNetConfig(ImageShape.MNIST, 5, 3, 2), 1);
        AutoregressiveModel longer = create(new WaveNetConfig(ImageShape.MNIST, 4, 4, 2), 1)) {
      Checkpoint.model(
              BACKEND, written, written.parameters().flat().value(), Checkpoint.Reached.START)
          .write(path);
      assertThatThrownBy(() -> Checkpoint.readModel(path, wider))
          .isInstanceOf(UserException.class)
          .hasMessageContaining("model.safetensors")
          .hasMessageContaining("first.weight")
          .hasMessageContaining("4, 3, 2")
          .hasMessageContaining("5, 3, 2");
      assertThatThrownBy(() -> Checkpoint.readModel(path, longer))
          .isInstanceOf(UserException.class)
          .hasMessageContaining("of another model");
    }
  }

  private static final Dataset TRAIN = Datasets.open("mnist10k", Split.TRAIN).first(24);
  private static final Dataset TEST = Datasets.open("mnist10k", Split.TEST).first(8);

  private static Trainer.Result run(RunFolder folder, RunConfig config, boolean resume) {
    var bar = new ProgressBar(new PrintStream(OutputStream.nullOutputStream()), false, 80, () -> 0);
    try (AutoregressiveModel model = config.model().create(BACKEND, RandomKey.of(config.seed()))) {
      return new TrainingRun(
              folder, config, BACKEND, model, config.data().split(TRAIN, TEST), bar, true)
          .run(resume)
          .trained();
    }
  }

  private static RunConfig config(int epochs) {
    Recipe recipe =
        Recipe.of(epochs, 8, 1e-2f)
            .withClipNorm(1)
            .startingFromMeans()
            .withBinarize(Binarize.STOCHASTIC);
    return new RunConfig(
        "test",
        SMALL,
        "base",
        recipe,
        new RunData("mnist10k", TRAIN.sha256(), 0),
        5,
        new Arithmetic("cpu", "fp32", 1, List.of()));
  }

  @Test
  void aResumedRunEqualsOneThatNeverStopped() throws IOException {
    try (RunFolder folder = RunFolder.create(temp.resolve("whole"))) {
      run(folder, config(3), false);
    }
    try (RunFolder folder = RunFolder.create(temp.resolve("stopped"))) {
      run(folder, config(1), false);
    }
    try (RunFolder folder = RunFolder.resume(temp.resolve("stopped"))) {
      run(folder, config(3), true);
    }
    for (String file : new String[] {"model.safetensors", "optimizer.safetensors", "samples.png"}) {
      assertThat(Files.readAllBytes(temp.resolve("stopped").resolve(file)))
          .as(file)
          .isEqualTo(Files.readAllBytes(temp.resolve("whole").resolve(file)));
    }
  }
}
