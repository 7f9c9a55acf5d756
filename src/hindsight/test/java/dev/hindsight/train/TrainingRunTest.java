package dev.hindsight.train;

import static dev.hindsight.testing.Runs.assertSame;
import static dev.hindsight.train.SmallRun.TEST;
import static dev.hindsight.train.SmallRun.TRAIN;
import static dev.hindsight.train.SmallRun.begin;
import static dev.hindsight.train.SmallRun.config;
import static dev.hindsight.train.SmallRun.resume;
import static dev.hindsight.train.SmallRun.train;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.data.Batches;
import dev.hindsight.data.Binarize;
import dev.hindsight.data.Holdout;
import dev.hindsight.error.UserException;
import dev.hindsight.format.SafetensorsReader;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.random.RandomKey;
import dev.hindsight.tensor.Shape;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("slow")
class TrainingRunTest {
  @AutoClose private static final Backend BACKEND = Backends.open("cpu");

  @TempDir private Path temp;

  private byte[] bytes(String run, String file) throws IOException {
    return Files.readAllBytes(temp.resolve(run).resolve(file));
  }

  @Test
  void twoRunsGiveTheSameBits() throws IOException {
    for (String name : new String[] {"a", "b"}) {
      begin(BACKEND, temp.resolve(name), config(2, 1e-2f));
    }
    assertSame(temp.resolve("a"), temp.resolve("b"));
  }

  /// A run that is killed in its third epoch leaves the folder of the second, one that is killed in
  /// its first leaves its settings alone.
  @ParameterizedTest
  @ValueSource(ints = {0, 2})
  void aResumedRunEqualsOneThatNeverStopped(int epochs) throws IOException {
    begin(BACKEND, temp.resolve("whole"), config(4, 1e-2f));
    try (RunFolder folder = RunFolder.create(temp.resolve("stopped"))) {
      stopAfter(epochs, folder, config(4, 1e-2f), false);
    }
    resume(BACKEND, temp.resolve("stopped"));
    assertSame(temp.resolve("stopped"), temp.resolve("whole"));
    List<Metric> metrics = Metrics.read(temp.resolve("stopped/metrics.jsonl"));
    assertThat(metrics).hasSize(8);
    assertThat(metrics.stream().map(Metric::seconds).distinct()).hasSize(4).isSorted();
  }

  /// All of a recipe that a checkpoint must know of: the average of the weights, the warm-up and
  /// the schedule. The average moves three times in five epochs of five steps.
  @Test
  void aResumedRunHasTheSameAverage() throws IOException {
    Recipe recipe =
        Recipe.of(5, 32, 1e-2f)
            .withSchedule(Schedule.COSINE)
            .withWeightDecay(0.1f)
            .withClipNorm(1)
            .startingFromMeans()
            .withBinarize(Binarize.STOCHASTIC)
            .withWarmUp(7)
            .withEma(0.9f);
    RunConfig config = config(recipe, 40);
    begin(BACKEND, temp.resolve("whole"), config);
    try (RunFolder folder = RunFolder.create(temp.resolve("stopped"))) {
      stopAfter(2, folder, config, false);
    }
    try (RunFolder folder = RunFolder.resume(temp.resolve("stopped"))) {
      assertThat(RunCheck.of(folder, BACKEND)).allMatch(RunCheck.Finding::holds);
      TrainingRun.Result result = train(BACKEND, folder, RunConfig.read(folder.config()));
      try (AutoregressiveModel model = new StoredRun(folder, config).load(BACKEND)) {
        var batches =
            Batches.evaluation(
                Holdout.of(TRAIN, 40).validation(),
                100,
                Binarize.STOCHASTIC,
                RandomKey.of(5).fold("test"));
        assertThat(Likelihood.of(BACKEND, model, batches).nats())
            .isEqualTo(result.trained().bestNats());
      }
    }
    assertSame(temp.resolve("stopped"), temp.resolve("whole"));
    try (SafetensorsReader file =
        SafetensorsReader.open(temp.resolve("whole/optimizer.safetensors"))) {
      float[] average = file.floats("ema.net.0.weight", Shape.of(16, 784));
      assertThat(average).isNotEqualTo(file.floats("weights.net.0.weight", Shape.of(16, 784)));
    }
  }

  /// Five steps an epoch: the average moves for the first time in the second one.
  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void weightsAreKeptWhereTheirAverageHasNotMoved(int epochs) throws IOException {
    Recipe plain =
        Recipe.of(epochs, 32, 1e-2f).startingFromMeans().withBinarize(Binarize.STOCHASTIC);
    double[] bests = new double[2];
    for (int k = 0; k < 2; k++) {
      String name = k == 0 ? "plain" : "averaged";
      RunConfig config = config(k == 0 ? plain : plain.withEma(0.9f), 40);
      try (RunFolder folder = RunFolder.create(temp.resolve(name))) {
        bests[k] = train(BACKEND, folder, config).trained().bestNats();
        assertThat(RunCheck.of(folder, BACKEND)).allMatch(RunCheck.Finding::holds);
      }
    }
    if (epochs == 1) {
      assertThat(bests[1]).isEqualTo(bests[0]);
      assertThat(bytes("averaged", "model.safetensors"))
          .isEqualTo(bytes("plain", "model.safetensors"));
    } else {
      assertThat(bests[1]).isNotEqualTo(bests[0]);
    }
  }

  /// At this rate no weight moves, and no epoch is better than the first.
  @Test
  void aRunThatGetsNoBetterStopsEarly() {
    Recipe recipe =
        Recipe.of(9, 32, 1e-30f)
            .startingFromMeans()
            .withBinarize(Binarize.STOCHASTIC)
            .withPatience(2);
    try (RunFolder folder = RunFolder.create(temp.resolve("run"))) {
      TrainingRun.Result result = train(BACKEND, folder, config(recipe, 40));
      assertThat(result.trained().bestEpoch()).isOne();
      assertThat(result.trained().epochs()).isEqualTo(3);
      assertThat(RunCheck.of(folder, BACKEND)).allMatch(RunCheck.Finding::holds);
      assertThatThrownBy(() -> train(BACKEND, folder, config(recipe, 40)))
          .isInstanceOf(UserException.class)
          .hasMessageContaining("all 3 epochs are done already; none since epoch 1 was better");
    }
  }

  /// A resumed run looks at the test images again, to the same nats; so does one that was killed
  /// between them and its sheet, and one that was killed before them and of which somebody drew a
  /// sheet.
  @ParameterizedTest
  @ValueSource(ints = {1, 3, 4})
  void aRunThatHoldsImagesOutIsResumed(int epochs) throws IOException {
    RunConfig config = config(3, 1e-2f, Schedule.COOLDOWN, 50);
    Path stopped = temp.resolve("stopped");
    begin(BACKEND, temp.resolve("whole"), config);
    try (RunFolder folder = RunFolder.create(stopped)) {
      if (epochs < 3) {
        stopAfter(epochs, folder, config, false);
      } else {
        train(BACKEND, folder, config);
        assertThatThrownBy(() -> train(BACKEND, folder, config))
            .hasMessageContaining("all 3 epochs are done already");
        if (epochs == 3) {
          Files.delete(folder.samples());
        } else {
          List<String> lines = Files.readAllLines(folder.metrics());
          assertThat(lines).hasSize(7).last().asString().contains("\"test\"");
          Files.write(folder.metrics(), lines.subList(0, 6));
          Files.writeString(folder.samples(), "drawn by sample");
        }
      }
    }
    resume(BACKEND, stopped);
    assertSame(temp.resolve("stopped"), temp.resolve("whole"));
    assertThat(Metrics.read(stopped.resolve("metrics.jsonl")).stream().map(Metric::nllNats))
        .containsExactlyElementsOf(
            Metrics.read(temp.resolve("whole/metrics.jsonl")).stream()
                .map(Metric::nllNats)
                .toList());
  }

  /// One that is killed after its last epoch lacks nothing but the sheet.
  @Test
  void aTrainedRunWithoutItsSheetIsGivenOne() throws IOException {
    Path path = temp.resolve("run");
    Trainer.Result whole;
    try (RunFolder folder = RunFolder.create(path)) {
      whole = train(BACKEND, folder, config(2, 1e-2f)).trained();
    }
    byte[] sheet = bytes("run", "samples.png");
    byte[] state = bytes("run", "optimizer.safetensors");
    byte[] metrics = bytes("run", "metrics.jsonl");
    Files.delete(path.resolve("samples.png"));
    try (RunFolder folder = RunFolder.resume(path)) {
      assertThat(train(BACKEND, folder, config(2, 1e-2f)).trained()).isEqualTo(whole);
    }
    assertThat(bytes("run", "samples.png")).isEqualTo(sheet);
    assertThat(bytes("run", "optimizer.safetensors")).isEqualTo(state);
    assertThat(bytes("run", "metrics.jsonl")).isEqualTo(metrics);
  }

  /// Else a run that is stopped on its way to more epochs would look finished.
  @Test
  void aRunThatGoesOnGivesUpItsSheet() {
    Path path = temp.resolve("run");
    begin(BACKEND, path, config(1, 1e-2f, Schedule.CONSTANT));
    assertThat(path.resolve("samples.png")).exists();
    try (RunFolder folder = RunFolder.resume(path)) {
      stopAfter(2, folder, config(3, 1e-2f, Schedule.CONSTANT), true);
    }
    assertThat(path.resolve("samples.png")).doesNotExist();
  }

  @Test
  void aRunThatLostItsStateIsNotTrainedAnew() throws IOException {
    Path path = temp.resolve("run");
    begin(BACKEND, path, config(2, 1e-2f));
    byte[] model = bytes("run", "model.safetensors");
    Files.delete(path.resolve("optimizer.safetensors"));
    Files.delete(path.resolve("samples.png"));
    try (RunFolder folder = RunFolder.resume(path)) {
      assertThatThrownBy(() -> train(BACKEND, folder, config(2, 1e-2f)))
          .isInstanceOf(UserException.class)
          .hasMessageContaining(
              "is gone, so the run cannot go on; put back what it was, or train a new");
    }
    assertThat(bytes("run", "model.safetensors")).isEqualTo(model);
  }

  private static void stopAfter(int epochs, RunFolder folder, RunConfig config, boolean resume) {
    class Stop extends RuntimeException {
      private static final long serialVersionUID = 1;
    }
    var out =
        new PrintStream(OutputStream.nullOutputStream()) {
          @Override
          public void println(String line) {
            if (line.startsWith("epoch %d/".formatted(epochs + 1)) && line.contains("step")) {
              throw new Stop();
            }
          }
        };
    long[] time = {0};
    var bar = new ProgressBar(out, false, 80, () -> time[0] += 20_000_000_000L);
    try (AutoregressiveModel model = config.model().create(BACKEND, RandomKey.of(config.seed()))) {
      TrainingRun trainer =
          new TrainingRun(
              folder, config, BACKEND, model, config.data().split(TRAIN, TEST), bar, true);
      assertThatThrownBy(() -> trainer.run(resume)).isInstanceOf(Stop.class);
    }
  }

  @Test
  void aLossThatIsNoNumberStopsAndKeepsTheLastGoodCheckpoint() throws IOException {
    try (RunFolder folder = RunFolder.create(temp.resolve("run"))) {
      stopAfter(1, folder, config(4, 1e-2f), false);
    }
    byte[] good = bytes("run", "model.safetensors");
    try (RunFolder folder = RunFolder.resume(temp.resolve("run"))) {
      RunConfig wild = config(4, Float.MAX_VALUE);
      assertThatThrownBy(() -> train(BACKEND, folder, wild))
          .isInstanceOf(DivergedException.class)
          .hasMessageMatching(
              "the (training loss|validation NLL) is (NaN|Infinity|-Infinity) at epoch 2, step"
                  + " \\d+; .*model.safetensors keeps epoch 1 with .* nats; try a lower --lr .*");
    }
    assertThat(bytes("run", "model.safetensors")).isEqualTo(good);
    begin(BACKEND, temp.resolve("whole"), config(4, 1e-2f));
    try (RunFolder folder = RunFolder.resume(temp.resolve("run"))) {
      train(BACKEND, folder, config(4, 1e-2f));
    }
    assertSame(temp.resolve("run"), temp.resolve("whole"));
  }

  @Test
  void aFinishedRunHasNothingToResume() {
    try (RunFolder folder = RunFolder.create(temp.resolve("run"))) {
      train(BACKEND, folder, config(1, 1e-2f));
      assertThatThrownBy(() -> train(BACKEND, folder, config(1, 1e-2f)))
          .isInstanceOf(UserException.class)
          .hasMessageContaining(
              "all 1 epochs are done already; their rate has come down to 0, so for more train a"
                  + " new run");
    }
  }
}
