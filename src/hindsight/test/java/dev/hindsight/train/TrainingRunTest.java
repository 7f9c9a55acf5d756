package dev.hindsight.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.data.Batches;
import dev.hindsight.data.Binarize;
import dev.hindsight.data.Dataset;
import dev.hindsight.data.Datasets;
import dev.hindsight.data.Holdout;
import dev.hindsight.data.Split;
import dev.hindsight.error.UserException;
import dev.hindsight.format.SafetensorsReader;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.model.made.MadeConfig;
import dev.hindsight.random.RandomKey;
import dev.hindsight.tensor.Shape;
import dev.hindsight.testing.EventFiles;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("slow")
class TrainingRunTest {
  private static final Backend BACKEND = Backends.open("nd4j");
  private static final Dataset TRAIN = Datasets.open("mnist10k", Split.TRAIN).first(200);
  private static final Dataset TEST = Datasets.open("mnist10k", Split.TEST).first(60);

  @TempDir private Path temp;

  @AfterAll
  static void close() {
    BACKEND.close();
  }

  private static RunConfig config(int epochs, float rate) {
    return config(epochs, rate, Schedule.COOLDOWN);
  }

  private static RunConfig config(int epochs, float rate, Schedule schedule) {
    return config(epochs, rate, schedule, 0);
  }

  private static RunConfig config(int epochs, float rate, Schedule schedule, int validation) {
    return config(
        new Recipe(epochs, 32, rate, schedule, 0.1f, 1, true, Binarize.STOCHASTIC), validation);
  }

  private static RunConfig config(Recipe recipe, int validation) {
    return new RunConfig(
        "test",
        MadeConfig.random(16, 2, RandomKey.of(1)),
        "base",
        recipe,
        "mnist10k",
        TRAIN.sha256(),
        validation,
        5,
        "nd4j",
        "fp32",
        List.of());
  }

  private static Trainer.Result run(RunFolder folder, RunConfig config, boolean resume) {
    return whole(folder, config, resume).trained();
  }

  private static TrainingRun.Result whole(RunFolder folder, RunConfig config, boolean resume) {
    var bar = new ProgressBar(new PrintStream(OutputStream.nullOutputStream()), false, 80, () -> 0);
    try (AutoregressiveModel model = config.model().create(BACKEND, RandomKey.of(config.seed()))) {
      return new TrainingRun(folder, config, BACKEND, model, TRAIN, TEST, bar, true).run(resume);
    }
  }

  private byte[] bytes(String run, String file) throws IOException {
    return Files.readAllBytes(temp.resolve(run).resolve(file));
  }

  @Test
  void twoRunsGiveTheSameBits() throws IOException {
    for (String name : new String[] {"a", "b"}) {
      try (RunFolder folder = RunFolder.create(temp.resolve(name))) {
        run(folder, config(2, 1e-2f), false);
      }
    }
    for (String file : new String[] {"model.safetensors", "optimizer.safetensors", "samples.png"}) {
      assertThat(bytes("a", file)).as(file).isEqualTo(bytes("b", file));
    }
  }

  /// A run that is killed in its third epoch leaves the folder of the second, one that is killed in
  /// its first leaves its settings alone.
  @ParameterizedTest
  @ValueSource(ints = {0, 2})
  void aResumedRunEqualsOneThatNeverStopped(int epochs) throws IOException {
    try (RunFolder folder = RunFolder.create(temp.resolve("whole"))) {
      run(folder, config(4, 1e-2f), false);
    }
    try (RunFolder folder = RunFolder.create(temp.resolve("stopped"))) {
      stopAfter(epochs, folder, config(4, 1e-2f), false);
    }
    try (RunFolder folder = RunFolder.resume(temp.resolve("stopped"))) {
      run(folder, RunConfig.read(folder.config()), true);
    }
    for (String file : new String[] {"model.safetensors", "optimizer.safetensors", "samples.png"}) {
      assertThat(bytes("stopped", file)).as(file).isEqualTo(bytes("whole", file));
    }
    List<Metric> metrics = Metrics.read(temp.resolve("stopped/metrics.jsonl"));
    assertThat(metrics).hasSize(8);
    assertThat(metrics.stream().map(Metric::seconds).distinct()).hasSize(4).isSorted();
  }

  /// The epoch is chosen on images that were held out, and the test images are looked at once.
  @Test
  void testImagesAreLookedAtOnceAtTheEnd() throws IOException {
    RunConfig config = config(3, 1e-2f, Schedule.COOLDOWN, 50);
    TrainingRun.Result result;
    try (RunFolder folder = RunFolder.create(temp.resolve("run"))) {
      result = whole(folder, config, false);
      Likelihood test = result.test().orElseThrow();
      assertThat(test.images()).isEqualTo(60);
      assertThat(test.binarizations()).hasSize(5).doesNotHaveDuplicates();
      try (AutoregressiveModel model = new StoredRun(folder, config).load(BACKEND)) {
        assertThat(Protocol.of(config).measure(BACKEND, model, TEST, 100)).isEqualTo(test);
        var held = Holdout.of(TRAIN, 50).validation();
        var batches =
            Batches.evaluation(held, 100, Binarize.STOCHASTIC, RandomKey.of(5).fold("test"));
        assertThat(Likelihood.of(BACKEND, model, batches).nats())
            .isEqualTo(result.trained().bestNats());
      }
    }
    List<Metric> metrics = Metrics.read(temp.resolve("run/metrics.jsonl"));
    assertThat(metrics.stream().map(metric -> metric.kind().word()))
        .containsExactly(
            "train", "validation", "train", "validation", "train", "validation", "test");
    assertThat(metrics.getLast().epoch()).isEqualTo(result.trained().bestEpoch());
    assertThat(metrics.getLast().nllNats()).isEqualTo(result.test().orElseThrow().nats());
    assertThat(metrics.getLast().standardError()).isGreaterThan(1).isLessThan(30);
    assertThat(metrics.getFirst().step()).isEqualTo(4); // 150 images, 32 at a time
  }

  /// Under the names that people keep their dashboards by.
  @ParameterizedTest
  @ValueSource(ints = {0, 50})
  void tensorBoardShowsWhatTheMetricsSay(int validation) throws IOException {
    Path path = temp.resolve("run");
    try (RunFolder folder = RunFolder.create(path)) {
      whole(folder, config(2, 1e-2f, Schedule.COOLDOWN, validation), false);
    }
    Map<String, Float> wanted = new TreeMap<>();
    for (Metric metric : Metrics.read(path.resolve("metrics.jsonl"))) {
      String at = metric.step() + " " + metric.kind().word();
      wanted.put(at + "/nll_nats", (float) metric.nllNats());
      if (metric.kind() == Metric.Kind.TRAIN) {
        wanted.put(at + "/lr", (float) metric.learningRate());
        wanted.put(at + "/images_per_s", (float) metric.imagesPerSecond());
      } else {
        wanted.put(at + "/bits_per_dim", (float) (metric.nllNats() / (784 * Math.log(2))));
      }
    }
    Map<String, Float> shown = new TreeMap<>();
    Map<String, byte[]> events = EventFiles.shown(path.resolve("events"));
    byte[] sheet = Objects.requireNonNull(events.remove(lastStep(path) + " samples"));
    events.forEach((key, value) -> shown.put(key, scalar(value)));
    assertThat(shown).isEqualTo(wanted);
    byte[] image = (byte[]) EventFiles.field(EventFiles.message(sheet), 4);
    assertThat(EventFiles.field(EventFiles.message(image), 4))
        .isEqualTo(bytes("run", "samples.png"));
  }

  private static long lastStep(Path run) {
    return Metrics.read(run.resolve("metrics.jsonl")).getLast().step();
  }

  /// The value of a scalar, `simple_value` of TensorFlow's summary.proto.
  private static float scalar(byte[] value) {
    return Float.intBitsToFloat(
        Math.toIntExact((Long) EventFiles.field(EventFiles.message(value), 2)));
  }

  /// All of a recipe that a checkpoint must know of: the average of the weights, the warm-up and
  /// the schedule. The average moves three times in five epochs of five steps.
  @Test
  void aResumedRunHasTheSameAverage() throws IOException {
    Recipe recipe =
        new Recipe(5, 32, 1e-2f, Schedule.COSINE, 0.1f, 1, true, Binarize.STOCHASTIC)
            .withWarmUp(7)
            .withEma(0.9f);
    RunConfig config = config(recipe, 40);
    try (RunFolder folder = RunFolder.create(temp.resolve("whole"))) {
      whole(folder, config, false);
    }
    try (RunFolder folder = RunFolder.create(temp.resolve("stopped"))) {
      stopAfter(2, folder, config, false);
    }
    try (RunFolder folder = RunFolder.resume(temp.resolve("stopped"))) {
      assertThat(RunCheck.of(folder, BACKEND)).allMatch(RunCheck.Finding::holds);
      TrainingRun.Result result = whole(folder, RunConfig.read(folder.config()), true);
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
    for (String file : new String[] {"model.safetensors", "optimizer.safetensors", "samples.png"}) {
      assertThat(bytes("stopped", file)).as(file).isEqualTo(bytes("whole", file));
    }
    try (SafetensorsReader file =
        SafetensorsReader.open(temp.resolve("whole/optimizer.safetensors"))) {
      float[] average = file.floats("ema.net.0.weight", Shape.of(16, 784));
      assertThat(average).isNotEqualTo(file.floats("weights.net.0.weight", Shape.of(16, 784)));
    }
  }

  /// At this rate no weight moves, and no epoch is better than the first.
  @Test
  void aRunThatGetsNoBetterStopsEarly() {
    Recipe recipe =
        new Recipe(9, 32, 1e-30f, Schedule.CONSTANT, 0, 0, true, Binarize.STOCHASTIC)
            .withPatience(2);
    try (RunFolder folder = RunFolder.create(temp.resolve("run"))) {
      TrainingRun.Result result = whole(folder, config(recipe, 40), false);
      assertThat(result.trained().bestEpoch()).isOne();
      assertThat(result.trained().epochs()).isEqualTo(3);
      assertThat(RunCheck.of(folder, BACKEND)).allMatch(RunCheck.Finding::holds);
      assertThatThrownBy(() -> whole(folder, config(recipe, 40), true))
          .isInstanceOf(UserException.class)
          .hasMessageContaining("all 3 epochs are done already; none since epoch 1 was better");
    }
  }

  /// A resumed run looks at the test images again, to the same nats; so does one that was killed
  /// between them and its sheet.
  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void aRunThatHoldsImagesOutIsResumed(int epochs) throws IOException {
    RunConfig config = config(3, 1e-2f, Schedule.COOLDOWN, 50);
    Path stopped = temp.resolve("stopped");
    try (RunFolder folder = RunFolder.create(temp.resolve("whole"))) {
      whole(folder, config, false);
    }
    try (RunFolder folder = RunFolder.create(stopped)) {
      if (epochs < 3) {
        stopAfter(epochs, folder, config, false);
      } else {
        whole(folder, config, false);
        Files.delete(folder.samples());
      }
    }
    try (RunFolder folder = RunFolder.resume(stopped)) {
      whole(folder, RunConfig.read(folder.config()), true);
    }
    for (String file : new String[] {"model.safetensors", "optimizer.safetensors", "samples.png"}) {
      assertThat(bytes("stopped", file)).as(file).isEqualTo(bytes("whole", file));
    }
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
      whole = run(folder, config(2, 1e-2f), false);
    }
    byte[] sheet = bytes("run", "samples.png");
    byte[] state = bytes("run", "optimizer.safetensors");
    byte[] metrics = bytes("run", "metrics.jsonl");
    Files.delete(path.resolve("samples.png"));
    try (RunFolder folder = RunFolder.resume(path)) {
      assertThat(run(folder, config(2, 1e-2f), true)).isEqualTo(whole);
    }
    assertThat(bytes("run", "samples.png")).isEqualTo(sheet);
    assertThat(bytes("run", "optimizer.safetensors")).isEqualTo(state);
    assertThat(bytes("run", "metrics.jsonl")).isEqualTo(metrics);
  }

  /// Else a run that is stopped on its way to more epochs would look finished.
  @Test
  void aRunThatGoesOnGivesUpItsSheet() {
    Path path = temp.resolve("run");
    try (RunFolder folder = RunFolder.create(path)) {
      run(folder, config(1, 1e-2f, Schedule.CONSTANT), false);
    }
    assertThat(path.resolve("samples.png")).exists();
    try (RunFolder folder = RunFolder.resume(path)) {
      stopAfter(2, folder, config(3, 1e-2f, Schedule.CONSTANT), true);
    }
    assertThat(path.resolve("samples.png")).doesNotExist();
  }

  @Test
  void aRunThatLostItsStateIsNotTrainedAnew() throws IOException {
    Path path = temp.resolve("run");
    try (RunFolder folder = RunFolder.create(path)) {
      run(folder, config(2, 1e-2f), false);
    }
    byte[] model = bytes("run", "model.safetensors");
    Files.delete(path.resolve("optimizer.safetensors"));
    Files.delete(path.resolve("samples.png"));
    try (RunFolder folder = RunFolder.resume(path)) {
      assertThatThrownBy(() -> run(folder, config(2, 1e-2f), true))
          .isInstanceOf(UserException.class)
          .hasMessageContaining(
              "is gone, so the run cannot go on after its 2 epochs; put it back, or train a");
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
      TrainingRun trainer = new TrainingRun(folder, config, BACKEND, model, TRAIN, TEST, bar, true);
      assertThatThrownBy(() -> trainer.run(resume)).isInstanceOf(Stop.class);
    }
  }

  @Test
  void bestWeightsHavePyTorchsNamesAndShapesAndGiveTheBestLikelihood() {
    RunConfig config = config(2, 1e-2f);
    try (RunFolder folder = RunFolder.create(temp.resolve("run"))) {
      Trainer.Result result = run(folder, config, false);
      try (SafetensorsReader file = SafetensorsReader.open(folder.model())) {
        assertThat(file.entries().keySet())
            .containsExactlyInAnyOrder(
                "net.0.weight",
                "net.0.bias",
                "net.2.weight",
                "net.2.bias",
                "net.4.weight",
                "net.4.bias");
        assertThat(file.floats("net.0.weight", Shape.of(16, 784))).hasSize(16 * 784);
        assertThat(file.floats("net.4.weight", Shape.of(784, 16))).hasSize(784 * 16);
      }
      try (AutoregressiveModel model = new StoredRun(folder, config).load(BACKEND)) {
        var batches =
            Batches.evaluation(TEST, 100, Binarize.STOCHASTIC, RandomKey.of(5).fold("test"));
        assertThat(Likelihood.of(BACKEND, model, batches).nats()).isEqualTo(result.bestNats());
      }
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
      assertThatThrownBy(() -> run(folder, wild, true))
          .isInstanceOf(DivergedException.class)
          .hasMessageMatching(
              "the (training loss|validation NLL) is (NaN|Infinity|-Infinity) at epoch 2, step \\d+; "
                  + ".*model.safetensors keeps epoch 1 with .* nats; try a lower --lr .*");
    }
    assertThat(bytes("run", "model.safetensors")).isEqualTo(good);
  }

  @Test
  void aFinishedRunHasNothingToResume() {
    try (RunFolder folder = RunFolder.create(temp.resolve("run"))) {
      run(folder, config(1, 1e-2f), false);
      assertThatThrownBy(() -> run(folder, config(1, 1e-2f), true))
          .isInstanceOf(UserException.class)
          .hasMessageContaining(
              "all 1 epochs are done already; their rate has come down to 0, so for more train a"
                  + " new run");
    }
  }
}
