package dev.hindsight.train;

import dev.hindsight.backend.Backend;
import dev.hindsight.data.Binarize;
import dev.hindsight.data.Dataset;
import dev.hindsight.data.Datasets;
import dev.hindsight.data.Split;
import dev.hindsight.image.ImageShape;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.model.made.MadeConfig;
import dev.hindsight.random.RandomKey;
import java.io.OutputStream;
import java.io.PrintStream;
import java.util.List;

/// Runs of a small MADE on a few digits.
final class SmallRun {
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
    return new RunConfig(
        "test",
        MadeConfig.random(ImageShape.MNIST, 16, 2, RandomKey.of(1)),
        "base",
        recipe,
        new RunData("mnist10k", TRAIN.sha256(), validation),
        5,
        new Arithmetic("cpu", "fp32", 1, List.of()));
  }

  static TrainingRun.Result whole(
      Backend backend, RunFolder folder, RunConfig config, boolean resume) {
    var bar = new ProgressBar(new PrintStream(OutputStream.nullOutputStream()), false, 80, () -> 0);
    try (AutoregressiveModel model = config.model().create(backend, RandomKey.of(config.seed()))) {
      return new TrainingRun(
              folder, config, backend, model, config.data().split(TRAIN, TEST), bar, true)
          .run(resume);
    }
  }
}
