package dev.hindsight.spark;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.cluster.Cluster;
import dev.hindsight.cluster.ClusterProvider;
import dev.hindsight.cluster.ClusterSpec;
import dev.hindsight.data.Binarize;
import dev.hindsight.data.Dataset;
import dev.hindsight.data.Datasets;
import dev.hindsight.data.Split;
import dev.hindsight.exchange.Exchange;
import dev.hindsight.exchange.ExchangeKind;
import dev.hindsight.exchange.Shards;
import dev.hindsight.image.ImageShape;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.model.ModelConfig;
import dev.hindsight.model.made.MadeConfig;
import dev.hindsight.random.RandomKey;
import dev.hindsight.train.Arithmetic;
import dev.hindsight.train.Likelihood;
import dev.hindsight.train.Recipe;
import dev.hindsight.train.RunConfig;
import dev.hindsight.train.RunData;
import dev.hindsight.train.Schedule;
import dev.hindsight.train.WeightAverage;
import dev.hindsight.train.Worker;
import dev.hindsight.train.WorkerGroup;
import dev.hindsight.train.WorkerGroup.Stretch;
import dev.hindsight.train.WorkerGroup.Watch;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// A small training, on this machine or on a cluster.
///
/// @param epochs of `images / 16` steps each
/// @param ema decay of the average of the weights; 0 = none
/// @param backend of the workers; `cuda` is on the software GPU
/// @param shards of a batch; a kernel takes as long for a row as for a tile of them
/// @param validated images whose likelihood is asked for in the end; more than 100 are two batches
record TestRun(
    ModelConfig model,
    int images,
    int epochs,
    float ema,
    String backend,
    int shards,
    int validated) {
  /// Executors of little memory that start soon: a tenth of it is the verification of Spark's code.
  /// Between options are tabs, as [#conf] makes words of them.
  static final Map<String, String> SMALL =
      Map.of(
          "spark.executor.memory",
          "512m",
          "spark.executorEnv.JDK_JAVA_OPTIONS",
          "-XX:TieredStopAtLevel=1\t-XX:+UnlockDiagnosticVMOptions\t-XX:-BytecodeVerificationRemote");

  /// Has executors tell of their steps ten times a second, so that a few are enough to be killed
  /// in.
  static final Map<String, String> OFTEN = Map.of("spark.executor.heartbeatInterval", "100ms");

  /// Settings as words of a command line, each behind a space.
  static String conf(Map<String, String> settings) {
    StringBuilder words = new StringBuilder();
    Map<String, String> all = new HashMap<>(SMALL);
    all.putAll(settings);
    all.forEach((key, value) -> words.append(" --conf=%s=%s".formatted(key, value)));
    return words.toString();
  }

  /// What came of it.
  ///
  /// @param notices what the cluster said
  @SuppressWarnings("ArrayRecordComponent") // nobody compares them
  record Trained(
      float[] weights, float[] average, List<Double> nats, Likelihood last, List<String> notices) {}

  /// Of a small MADE.
  TestRun(int images, int epochs, float ema) {
    this(
        MadeConfig.random(ImageShape.MNIST, 24, 2, RandomKey.of(1)),
        images,
        epochs,
        ema,
        "cpu",
        8,
        130);
  }

  /// For its weights: one epoch, and little to validate.
  TestRun(ModelConfig model, int images, String backend, int shards) {
    this(model, images, 1, 0, backend, shards, 3);
  }

  Dataset training() {
    return ofTheModel(Datasets.open("mnist10k", Split.TRAIN).first(images));
  }

  Dataset validation() {
    return ofTheModel(Datasets.open("mnist10k", Split.TEST).first(validated));
  }

  /// Digits, or what smaller images can be cut out of their middles.
  private Dataset ofTheModel(Dataset digits) {
    ImageShape shape = model.shape();
    if (shape.equals(digits.shape())) {
      return digits;
    }
    byte[] grey = new byte[digits.count() * shape.pixels()];
    for (int k = 0; k < grey.length; k++) {
      grey[k] = (byte) digits.intensity(k / shape.pixels(), 300 + k % shape.pixels());
    }
    return new Dataset(digits.name(), shape, grey, digits.labels());
  }

  RunConfig config() {
    Recipe recipe =
        Recipe.of(epochs, 16, 1e-2f)
            .withSchedule(Schedule.COOLDOWN)
            .withWeightDecay(0.1f)
            .withClipNorm(1)
            .withBinarize(Binarize.STOCHASTIC)
            .withClassDropout(0.3f)
            .withEma(ema);
    String data = training().sha256();
    return new RunConfig(
        "test",
        model,
        "base",
        recipe,
        new RunData("mnist10k", data, 0),
        3,
        new Arithmetic(backend, "fp32", shards, List.of()));
  }

  /// With the exchange of one worker.
  Trained alone() {
    RandomKey key = RandomKey.of(3);
    try (Backend here = backend.equals("cpu") ? Backends.open("cpu") : Backends.openSoftwareGpu();
        AutoregressiveModel fresh = model.create(here, key);
        Worker worker =
            new Worker(
                here,
                fresh,
                config().recipe(),
                key,
                training(),
                validation(),
                true,
                new Shards(shards),
                Exchange.SOLO)) {
      return train(here, fresh, worker, (_, _) -> {}, List.of());
    }
  }

  static Cluster open(String master, int workers, List<String> notices) {
    return open(master, workers, Map.of(), notices);
  }

  static Cluster open(String master, int workers, Map<String, String> more, List<String> notices) {
    return open(master, workers, ExchangeKind.AUTO, more, notices);
  }

  static Cluster open(
      String master,
      int workers,
      ExchangeKind exchange,
      Map<String, String> more,
      List<String> notices) {
    Map<String, String> settings = new HashMap<>(SMALL);
    settings.putAll(more);
    return ClusterProvider.find()
        .open(new ClusterSpec(master, workers, exchange, null, settings, notices::add));
  }

  Trained on(String master, int count, Map<String, String> more, Watch watch) {
    List<String> notices = new ArrayList<>();
    try (Cluster cluster = open(master, count, more, notices)) {
      return on(cluster, watch, notices);
    }
  }

  Trained on(Cluster cluster, Watch watch, List<String> notices) {
    try (Backend holder = Backends.open("cpu");
        AutoregressiveModel fresh = model.create(holder, RandomKey.of(3));
        WorkerGroup workers =
            cluster.workers(config(), holder, fresh, training(), validation(), true)) {
      return train(holder, fresh, workers, watch, notices);
    }
  }

  private Trained train(
      Backend holder,
      AutoregressiveModel trained,
      WorkerGroup workers,
      Watch watch,
      List<String> notices) {
    List<Double> nats = new ArrayList<>();
    for (int epoch = 0; epoch < epochs; epoch++) {
      for (double each : workers.train(new Stretch(epoch, 0, images / 16), watch)) {
        nats.add(each);
      }
    }
    float[] weights = holder.readFloats(trained.parameters().flat().value());
    WeightAverage average = workers.average();
    float[] averaged = average == null ? new float[0] : holder.readFloats(average.value());
    return new Trained(weights, averaged, nats, workers.likelihood(), notices);
  }
}
