package dev.hindsight.play;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.image.ImageShape;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.model.ModelConfig;
import dev.hindsight.model.made.MadeConfig;
import dev.hindsight.model.wavenet.WaveNetConfig;
import dev.hindsight.random.RandomKey;
import dev.hindsight.testing.Runs;
import dev.hindsight.train.Models;
import dev.hindsight.train.Recipe;
import dev.hindsight.train.RunData;
import dev.hindsight.train.StoredRun;
import dev.hindsight.verify.Sight;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// Runs whose weights nobody trained: enough for the page, and there at once.
public final class PlayedRuns {
  private PlayedRuns() {}

  /// A MADE and a WaveNet.
  static List<StoredRun> two(Path folder) throws IOException {
    return List.of(
        make(folder.resolve("made"), MadeConfig.random(ImageShape.MNIST, 40, 1, RandomKey.of(1))),
        make(folder.resolve("wavenet"), new WaveNetConfig(ImageShape.MNIST, 4, 3, 3)));
  }

  /// On any port.
  static PlayServer serve(List<StoredRun> runs) throws IOException {
    return PlayServer.start(runs, () -> Backends.open("cpu"), 0);
  }

  public static StoredRun make(Path folder, ModelConfig config) throws IOException {
    Files.createDirectories(folder);
    try (Backend backend = Backends.open("cpu");
        AutoregressiveModel model = config.create(backend, RandomKey.of(11))) {
      Models.save(backend, model, folder.resolve("model.safetensors"));
    }
    var recipe = Recipe.of(1, 10, 1e-3f).startingFromMeans();
    var run = Runs.config(config, recipe, new RunData("none", "", 0));
    Files.write(folder.resolve("config.json"), run.toJson());
    return StoredRun.open(folder);
  }

  /// What a run's model really reads.
  static Sight sight(StoredRun run) {
    try (Backend backend = Backends.open("cpu");
        AutoregressiveModel model = run.load(backend)) {
      return Sight.measured(backend, model);
    }
  }
}
