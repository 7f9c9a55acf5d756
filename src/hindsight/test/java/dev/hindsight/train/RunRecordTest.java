package dev.hindsight.train;

import static dev.hindsight.train.SmallRun.TEST;
import static dev.hindsight.train.SmallRun.TRAIN;
import static dev.hindsight.train.SmallRun.config;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.data.Batches;
import dev.hindsight.data.Binarize;
import dev.hindsight.data.Dataset;
import dev.hindsight.data.Holdout;
import dev.hindsight.format.SafetensorsReader;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.random.RandomKey;
import dev.hindsight.tensor.Shape;
import dev.hindsight.testing.EventFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What a run writes down of its nats: in metrics, events and weights.
@Tag("slow")
class RunRecordTest {
  @AutoClose private static final Backend BACKEND = Backends.open("cpu");

  @TempDir private Path temp;

  /// The epoch is chosen on images that were held out, and the test images are looked at once.
  @Test
  void testImagesAreLookedAtOnceAtTheEnd() throws IOException {
    RunConfig config = config(3, 1e-2f, Schedule.COOLDOWN, 50);
    TrainingRun.Result result;
    try (RunFolder folder = RunFolder.create(temp.resolve("run"))) {
      result = SmallRun.train(BACKEND, folder, config);
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
      SmallRun.train(BACKEND, folder, config(2, 1e-2f, Schedule.COOLDOWN, validation));
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
        .isEqualTo(Files.readAllBytes(path.resolve("samples.png")));
  }

  private static long lastStep(Path run) {
    return Metrics.read(run.resolve("metrics.jsonl")).getLast().step();
  }

  /// The value of a scalar, `simple_value` of TensorFlow's summary.proto.
  private static float scalar(byte[] value) {
    return Float.intBitsToFloat(
        Math.toIntExact((Long) EventFiles.field(EventFiles.message(value), 2)));
  }

  /// At this rate no weight moves, and a whole epoch sees each image once.
  @Test
  void trainingNatsAreTheMeanOverAnEpoch() {
    RunConfig config = config(Recipe.of(2, 32, 1e-30f).startingFromMeans(), 40);
    try (RunFolder folder = RunFolder.create(temp.resolve("run"))) {
      SmallRun.train(BACKEND, folder, config);
      try (AutoregressiveModel model = new StoredRun(folder, config).load(BACKEND)) {
        Dataset training = Holdout.of(TRAIN, 40).training();
        var once = Batches.evaluation(training, 32, Binarize.THRESHOLD, RandomKey.of(1));
        double nats = Likelihood.of(BACKEND, model, once).nats();
        assertThat(Metrics.read(folder.metrics()))
            .filteredOn(metric -> metric.kind() == Metric.Kind.TRAIN)
            .hasSize(2)
            .allSatisfy(train -> assertThat(train.nllNats()).isCloseTo(nats, within(1e-3)));
      }
    }
  }

  @Test
  void bestWeightsHavePyTorchsNamesAndShapesAndGiveTheBestLikelihood() {
    RunConfig config = config(2, 1e-2f);
    try (RunFolder folder = RunFolder.create(temp.resolve("run"))) {
      Trainer.Result result = SmallRun.train(BACKEND, folder, config).trained();
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
}
