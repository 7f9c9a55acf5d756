package dev.hindsight.train;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.data.Binarize;
import dev.hindsight.data.Dataset;
import dev.hindsight.data.Datasets;
import dev.hindsight.data.Split;
import dev.hindsight.exchange.Exchange;
import dev.hindsight.exchange.Shards;
import dev.hindsight.image.ImageShape;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.model.made.MadeConfig;
import dev.hindsight.random.RandomKey;
import dev.hindsight.testing.Runs;
import java.nio.file.Path;

/// Runs of a small MADE on a few digits.
final class SmallRun {
  static final RandomKey KEY = RandomKey.of(5);
  static final Dataset TRAIN = Datasets.open("mnist10k", Split.TRAIN).first(200);
  static final Dataset TEST = Datasets.open("mnist10k", Split.TEST).first(60);

  private SmallRun() {}

  static RunConfig config(int epochs, float rate) {
    return config(epochs, rate, Schedule.COOLDOWN);
  }

  static RunConfig config(int epochs, float rate, Schedule schedule) {
    return config(epochs, rate, schedule, 0);
  }

  static RunConfig config(int epochs, float rate, Schedule schedule, int validation) {
    return config(
        Recipe.of(epochs, 32, rate)
            .withSchedule(schedule)
            .withWeightDecay(0.1f)
            .withClipNorm(1)
            .startingFromMeans()
            .withBinarize(Binarize.STOCHASTIC),
        validation);
  }

  static RunConfig config(Recipe recipe, int validation) {
    return Runs.config(
        MadeConfig.random(ImageShape.MNIST, 16, 2, RandomKey.of(1)),
        recipe,
        new RunData("mnist10k", TRAIN.sha256(), validation));
  }

  /// From its last checkpoint, where it has one.
  static TrainingRun.Result train(Backend backend, RunFolder folder, RunConfig config) {
    return Runs.train(backend, folder, config, TRAIN, TEST);
  }

  /// What trains in a worker's place.
  interface Other {
    WorkerGroup of(Worker worker, AutoregressiveModel model, Backend backend);
  }

  /// On the cpu, by another than the worker.
  ///
  /// @param every how many steps a checkpoint is written within epochs
  static void train(RunFolder folder, RunConfig config, int every, boolean resume, Other other) {
    try (Backend backend = Backends.open("cpu");
        AutoregressiveModel model = config.model().create(backend, KEY);
        Worker worker =
            new Worker(
                backend,
                model,
                config.recipe(),
                KEY,
                TRAIN,
                TEST,
                true,
                Shards.ONE,
                Exchange.SOLO)) {
      var run =
          new TrainingRun(
              folder,
              config,
              backend,
              model,
              config.data().split(TRAIN, TEST),
              other.of(worker, model, backend),
              Runs.bar(),
              true);
      run.checkpointEvery(every);
      run.run(resume);
    }
  }

  /// A new run.
  static TrainingRun.Result begin(Backend backend, Path path, RunConfig config) {
    try (RunFolder folder = RunFolder.create(path)) {
      return train(backend, folder, config);
    }
  }

  /// One that was stopped, with the settings that it has.
  static TrainingRun.Result resume(Backend backend, Path path) {
    try (RunFolder folder = RunFolder.resume(path)) {
      return train(backend, folder, RunConfig.read(folder.config()));
    }
  }
}
