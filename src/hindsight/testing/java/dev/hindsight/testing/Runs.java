package dev.hindsight.testing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.backend.Backend;
import dev.hindsight.data.Dataset;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.model.ModelConfig;
import dev.hindsight.random.RandomKey;
import dev.hindsight.train.Arithmetic;
import dev.hindsight.train.ProgressBar;
import dev.hindsight.train.Recipe;
import dev.hindsight.train.RunConfig;
import dev.hindsight.train.RunData;
import dev.hindsight.train.RunFolder;
import dev.hindsight.train.TrainingRun;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// Runs as `hindsight train` would leave them, on the CPU and without a word.
public final class Runs {
  private Runs() {}

  /// Shown to nobody.
  public static ProgressBar bar() {
    return ProgressBar.on(new PrintStream(OutputStream.nullOutputStream()));
  }

  public static RunConfig config(ModelConfig model, Recipe recipe, RunData data, String... bits) {
    var arithmetic = new Arithmetic("cpu", "fp32", 1, List.of(bits));
    return new RunConfig("test", model, "base", recipe, data, 5, arithmetic);
  }

  /// Trains in a folder, from its last checkpoint where it holds a run.
  public static TrainingRun.Result train(
      Backend backend, RunFolder folder, RunConfig config, Dataset training, Dataset test) {
    boolean resume = RunFolder.holdsRun(folder.path());
    var images = config.data().split(training, test);
    try (AutoregressiveModel model = config.model().create(backend, RandomKey.of(config.seed()))) {
      return new TrainingRun(folder, config, backend, model, images, bar(), true).run(resume);
    }
  }

  /// A run that was stopped and went on is one that never stopped, to the bit.
  public static void assertSame(Path stopped, Path whole) throws IOException {
    for (String file : List.of("model.safetensors", "optimizer.safetensors", "samples.png")) {
      assertThat(Files.readAllBytes(stopped.resolve(file)))
          .as(file)
          .isEqualTo(Files.readAllBytes(whole.resolve(file)));
    }
  }
}
