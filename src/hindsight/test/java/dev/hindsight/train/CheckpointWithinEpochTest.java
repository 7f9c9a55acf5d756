package dev.hindsight.train;

import static dev.hindsight.train.SmallRun.TRAIN;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.data.Binarize;
import dev.hindsight.image.ImageShape;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.model.made.MadeConfig;
import dev.hindsight.model.symmetric.SymmetricConfig;
import dev.hindsight.random.RandomKey;
import dev.hindsight.testing.Runs;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// A run that saves within its epochs loses no more than the steps since then, and no bit.
class CheckpointWithinEpochTest {
  /// @param orders of which a run does not stop at the first: after 4 steps, or after 10
  private static RunConfig config(int orders) {
    MadeConfig made = MadeConfig.random(ImageShape.MNIST, 16, 2, RandomKey.of(1));
    return Runs.config(
        orders == 1 ? made : new SymmetricConfig(made.with(made.head(), orders), orders),
        Recipe.of(2, 32, 1e-2f)
            .withSchedule(Schedule.COOLDOWN)
            .withWeightDecay(0.1f)
            .withClipNorm(1)
            .startingFromMeans()
            .withBinarize(Binarize.STOCHASTIC),
        new RunData("mnist10k", TRAIN.sha256(), 0));
  }

  @TempDir private Path temp;

  private static final class Killed extends RuntimeException {
    private static final long serialVersionUID = 1;
  }

  /// One that dies at `step` of an epoch.
  private static WorkerGroup mortal(Worker worker, int epoch, int step) {
    return new OtherTraining(
        worker,
        (stretch, watch) ->
            worker.train(
                stretch,
                (done, nats) -> {
                  if (stretch.epoch() == epoch - 1 && stretch.from() + done == step) {
                    throw new Killed();
                  }
                  watch.at(done, nats);
                }));
  }

  /// @param epoch in whose step 5 the process dies; 0 = it lives
  private static void run(RunFolder folder, int orders, int epoch, boolean resume) {
    SmallRun.train(folder, config(orders), 2, resume, (worker, _, _) -> mortal(worker, epoch, 5));
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "1, 2", "8, 1", "8, 2"})
  void isWhereARunGoesOn(int orders, int epoch) throws IOException {
    try (RunFolder folder = RunFolder.create(temp.resolve("whole"))) {
      run(folder, orders, 0, false);
    }
    try (RunFolder folder = RunFolder.create(temp.resolve("stopped"))) {
      assertThatThrownBy(() -> run(folder, orders, epoch, false)).isInstanceOf(Killed.class);
      assertThat(Checkpoint.reached(folder.optimizer()).begunSteps()).isEqualTo(4);
      try (Backend backend = Backends.open("cpu")) {
        assertThat(RunCheck.of(folder, backend)).allMatch(RunCheck.Finding::holds);
      }
    }
    try (RunFolder folder = RunFolder.resume(temp.resolve("stopped"))) {
      run(folder, orders, 0, true);
    }
    Runs.assertSame(temp.resolve("stopped"), temp.resolve("whole"));
    assertThat(nats("stopped")).isEqualTo(nats("whole"));
  }

  /// Two hours of training before the process died are in the run's seconds.
  @Test
  void knowsHowLongItsStepsTook() {
    Path path = temp.resolve("run");
    try (RunFolder folder = RunFolder.create(path)) {
      assertThatThrownBy(() -> run(folder, 1, 2, false)).isInstanceOf(Killed.class);
      Checkpoint.Reached at = Checkpoint.reached(folder.optimizer());
      assertThat(at.begunSeconds()).isPositive();
      rewrite(folder, after(at, 7200));
    }
    double first = Metrics.read(path.resolve("metrics.jsonl")).getLast().seconds();
    try (RunFolder folder = RunFolder.resume(path)) {
      run(folder, 1, 0, true);
    }
    List<Metric> metrics = Metrics.read(path.resolve("metrics.jsonl"));
    assertThat(metrics).hasSize(4);
    assertThat(metrics.get(1).seconds()).isEqualTo(first);
    assertThat(metrics.getLast().seconds()).isGreaterThan(first + 7200);
  }

  private static Checkpoint.Reached after(Checkpoint.Reached at, double seconds) {
    return new Checkpoint.Reached(
        at.epochs(),
        at.steps(),
        at.bestNats(),
        at.bestEpoch(),
        at.begunSteps(),
        at.begunNats(),
        seconds);
  }

  private static void rewrite(RunFolder folder, Checkpoint.Reached at) {
    try (Backend backend = Backends.open("cpu");
        AutoregressiveModel model = config(1).model().create(backend, SmallRun.KEY)) {
      Checkpoint.state(folder.optimizer(), model, false, Checkpoint.into(backend, model, null));
      Checkpoint.state(backend, model, null, at).write(folder.optimizer());
    }
  }

  private List<Double> nats(String run) {
    return Metrics.read(temp.resolve(run).resolve("metrics.jsonl")).stream()
        .map(Metric::nllNats)
        .toList();
  }
}
