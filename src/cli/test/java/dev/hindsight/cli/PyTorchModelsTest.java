package dev.hindsight.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.data.Batch;
import dev.hindsight.data.Batches;
import dev.hindsight.data.Binarize;
import dev.hindsight.data.Dataset;
import dev.hindsight.data.Datasets;
import dev.hindsight.data.Split;
import dev.hindsight.format.Json;
import dev.hindsight.image.ImageShape;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.model.Head;
import dev.hindsight.model.ModelConfig;
import dev.hindsight.nn.ImageLstm.Kind;
import dev.hindsight.nn.Parameter;
import dev.hindsight.nn.Parameters;
import dev.hindsight.ops.Ops;
import dev.hindsight.random.Philox;
import dev.hindsight.random.RandomKey;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import dev.hindsight.train.Arithmetic;
import dev.hindsight.train.BuiltInModel;
import dev.hindsight.train.Metric;
import dev.hindsight.train.Metrics;
import dev.hindsight.train.Models;
import dev.hindsight.train.Recipe;
import dev.hindsight.train.RunConfig;
import dev.hindsight.train.RunData;
import dev.hindsight.train.Size;
import dev.hindsight.train.Sizes;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.BiFunction;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/// What `pytorch/hindsight_models.py` makes of a run is what Hindsight makes of it, and what
/// `bench/pytorch/learn.py` learns by its recipe is what Hindsight learns.
@Tag("slow")
class PyTorchModelsTest {
  private static final int DIGITS = 20;
  private static final int COMPARED = 2; // pixel by pixel
  private static final double TOLERANCE = 1e-5;

  /// Loads runs, and says what each thinks of the test digits in a folder, in a line of JSON.
  private static final String PREDICT =
      """
      import json, sys
      from hindsight_models import images, load, nats
      digits = images(folder=sys.argv[1])
      for run in sys.argv[2:]:
          model = load(run)
          logits = model(digits[:%d]).flatten().tolist()
          print(json.dumps({"nats": nats(model, digits), "logits": logits}))
      """
          .formatted(COMPARED);

  /// Loads models, and says the nats of each test image that lies beside one, in a line of JSON.
  private static final String NATS =
      """
      import sys
      from hindsight_models import images, load, nats_of_each
      for folder in sys.argv[1:]:
          model = load(folder)
          print(nats_of_each(model, images(folder=folder, levels=model.shape.levels)).tolist())
      """;

  /// Trains the peers of runs, a line of JSON for each.
  private static final String LEARN =
      """
      import json, sys
      from learn import peer
      for run in sys.argv[1:]:
          print(json.dumps(peer(run)))
      """;

  /// Every part of a recipe at a value that is felt within eight steps, the last of which is one of
  /// the average.
  private static final String EVERYTHING =
      " --preset hour --epochs 2 --batch 4 --lr 0.01 --warm-up 3 --ema 0.5 --clip 0.002"
          + " --weight-decay 0.5 --shear 0.3 --seed 3";

  @TempDir private static Path shared;
  private static Path data; // digits
  private static @Nullable String python;

  @BeforeAll
  static void findPyTorch() throws Exception {
    python = null;
    for (String candidate : List.of("python3", "/usr/bin/python3")) {
      if (python == null && hasPyTorch(candidate)) {
        python = candidate;
      }
    }
    if (python == null) {
      System.err.println(
          "PyTorchModelsTest is left out: no python3 here has PyTorch;"
              + " on Debian install python3-torch");
    }
    assumeTrue(python != null, "no python3 has PyTorch");
    data = data(ImageShape.MNIST);
  }

  private static boolean hasPyTorch(String candidate) throws InterruptedException {
    try {
      return process(candidate, "-c", "import torch").start().waitFor() == 0;
    } catch (IOException _) {
      return false; // there is no such program
    }
  }

  /// A few real digits as IDX files, or what images of another shape can be cut out of them.
  private static Path data(ImageShape shape) throws IOException {
    Path folder = Files.createDirectories(shared.resolve("digits" + shape));
    for (Split split : Split.values()) {
      Dataset all = Datasets.open("mnist10k", split);
      ByteBuffer images = ByteBuffer.allocate(16 + DIGITS * shape.pixels());
      images.putInt(0x803).putInt(DIGITS).putInt(shape.height()).putInt(shape.width());
      ByteBuffer labels = ByteBuffer.allocate(8 + DIGITS).putInt(0x801).putInt(DIGITS);
      boolean whole = shape.equals(all.shape());
      for (int i = 0; i < DIGITS; i++) {
        for (int p = 0; p < shape.pixels(); p++) {
          images.put((byte) all.intensity(i, whole ? p : 200 + p % 400));
        }
        labels.put((byte) all.label(i));
      }
      Files.write(folder.resolve(split.imagesFile()), images.array());
      Files.write(folder.resolve(split.labelsFile()), labels.array());
    }
    return folder;
  }

  /// A batch of CIFAR-10 of noise, of whose images a tenth is for tests.
  private static Path cifar() throws IOException {
    byte[] records = new byte[22 * (1 + 3 * 1024)];
    new Random(5).nextBytes(records);
    Path folder = Files.createDirectories(shared.resolve("cifar"));
    Files.write(folder.resolve("data_batch_1.bin"), records);
    return folder;
  }

  /// One thread: two pools of Debian's PyTorch spin against each other on a busy machine.
  private static ProcessBuilder process(String... command) {
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("OMP_NUM_THREADS", "1");
    builder.environment().put("OPENBLAS_NUM_THREADS", "1");
    builder.environment().put("PYTHONPATH", "pytorch:bench/pytorch");
    builder.environment().put("PYTHONDONTWRITEBYTECODE", "1");
    return builder;
  }

  private static String python(String... arguments) throws Exception {
    String[] command =
        Stream.concat(Stream.of(python), Stream.of(arguments)).toArray(String[]::new);
    Path out = shared.resolve("out");
    Path err = shared.resolve("err");
    Process process =
        process(command).redirectOutput(out.toFile()).redirectError(err.toFile()).start();
    int exit = process.waitFor();
    assertThat(exit).as(Files.readString(err)).isZero();
    return Files.readString(out, StandardCharsets.UTF_8);
  }

  /// What a script says of folders, line by line.
  private static List<String> python(String script, Stream<Path> folders) throws Exception {
    Stream<String> arguments = Stream.concat(Stream.of("-c", script), folders.map(Path::toString));
    return python(arguments.toArray(String[]::new)).lines().toList();
  }

  /// Steps long enough that gains and biases are no longer what they were at first.
  private static Path train(String model, Path data) {
    return train(model, " --epochs 1 --batch 4 --lr 0.02", data);
  }

  private static Path train(String model, String recipe, Path data) {
    Path run = shared.resolve((data.getFileName() + model + recipe).replace(' ', '_'));
    Cli.here("train " + model + recipe + " --run %s --data %s --backend cpu", run, data).ok();
    return run;
  }

  private static float[] logits(Path run, Path data) {
    Dataset digits = Datasets.open(data.toString(), Split.TEST);
    int each = digits.shape().pixels();
    float[] pixels = new float[COMPARED * each];
    for (int k = 0; k < pixels.length; k++) {
      pixels[k] = digits.intensity(k / each, k % each) > 127 ? 1 : 0;
    }
    try (Backend backend = Backends.open("cpu");
        AutoregressiveModel model = Models.open(backend, run);
        Scope scope = backend.open("test")) {
      Tensor x = scope.floats(COMPARED, each);
      backend.write(x, pixels);
      return backend.readFloats(model.logits(new Ops(backend, scope, null), x));
    }
  }

  private static Stream<String> models() {
    return Stream.concat(
        BuiltInModel.labels().stream().map(model -> model + " --preset tiny"),
        Stream.of(
            "made --hidden 96 --layers 3",
            "made --hidden 31 --layers 2 --orders 3",
            "wavenet --residual-channels 7 --blocks 5 --dilation-cycle 3",
            "pixelcnn --filters 6 --layers 1 --kernel 5 --residual-blocks 2",
            "pixelcnn --filters 5 --layers 1 --kernel 3 --positions",
            "gated-pixelcnn --filters 6 --layers 2 --kernel 5 --skip",
            "gated-pixelcnn --filters 5 --layers 2 --kernel 3 --positions",
            "transformer --width 18 --layers 2 --heads 3 --dropout 0.1",
            "lstm --hidden 33 --layers 2",
            "pixel-rnn --hidden 5 --layers 2 --lstm diagonal"));
  }

  @Test
  void predictsWhatHindsightPredicts() throws Exception {
    assertPredicts(models(), data);
  }

  /// No squares, of one row and of one column.
  @ParameterizedTest
  @CsvSource({"5, 7", "1, 9", "9, 1"})
  void predictsImagesOfOtherSizes(int height, int width) throws Exception {
    assertPredicts(models(), data(new ImageShape(height, width)));
  }

  private static void assertPredicts(Stream<String> models, Path data) throws Exception {
    List<Path> runs = models.map(model -> train(model, data)).toList();
    List<String> lines = python(PREDICT, Stream.concat(Stream.of(data), runs.stream()));
    assertThat(lines).hasSameSizeAs(runs);
    for (int k = 0; k < runs.size(); k++) {
      assertPredicts(runs.get(k), data, Json.parse("python", lines.get(k)));
    }
  }

  private static void assertPredicts(Path run, Path data, JsonNode theirs) {
    Cli inRasterOrder = Cli.here("evaluate %s --backend cpu --orders 1 --json", run).ok();
    var ours = Json.parse("evaluate", inRasterOrder.out());
    double nats = ours.path("nll_nats").doubleValue();
    assertThat(theirs.path("nats").doubleValue())
        .as("%s", run)
        .isCloseTo(nats, within(TOLERANCE * nats));
    float[] logits = logits(run, data);
    assertThat(theirs.path("logits")).hasSize(logits.length);
    for (int k = 0; k < logits.length; k++) {
      assertThat(theirs.path("logits").path(k).doubleValue())
          .as("logit %d of %s", k, run)
          .isCloseTo(logits[k], within(TOLERANCE * Math.max(1, Math.abs(logits[k]))));
    }
  }

  /// All models on grey and coloured images of several levels, with each head.
  @Test
  void predictsColoursAndLevels() throws Exception {
    Map<Path, float[]> ours = new LinkedHashMap<>();
    try (Backend backend = Backends.open("cpu")) {
      for (ModelConfig config :
          Stream.of(
                  configs(new ImageShape(5, 7, 3, 2), "bernoulli"),
                  configs(new ImageShape(5, 7, 3, 4), "categorical"),
                  configs(new ImageShape(5, 7, 1, 256), "logistic-mixture"),
                  configs(new ImageShape(4, 5, 3, 256), "logistic-mixture:3"))
              .flatMap(List::stream)
              .toList()) {
        Path folder = Files.createDirectories(shared.resolve("noisy-" + ours.size()));
        ours.put(folder, nats(backend, config, folder));
      }
    }
    List<String> theirs = python(NATS, ours.keySet().stream());
    assertThat(theirs).hasSameSizeAs(ours.keySet());
    int k = 0;
    for (Map.Entry<Path, float[]> model : ours.entrySet()) {
      JsonNode nats = Json.parse("python", theirs.get(k++));
      assertThat(nats).hasSize(DIGITS);
      for (int i = 0; i < DIGITS; i++) {
        float wanted = model.getValue()[i];
        assertThat(nats.path(i).doubleValue())
            .as("image %d of %s", i, Files.readString(model.getKey().resolve("config.json")))
            .isCloseTo(wanted, within(TOLERANCE * wanted));
      }
    }
  }

  private static List<ModelConfig> configs(ImageShape shape, String head) {
    Dataset data = noise(shape);
    BiFunction<BuiltInModel, Sizes, ModelConfig> config =
        (model, sizes) -> model.preset("tiny").config(sizes, data, Head.parse(head), 3);
    Sizes more = Sizes.of(Size.POSITIONS, true);
    return Stream.concat(
            Arrays.stream(BuiltInModel.values()).map(model -> model.tiny(shape, Head.parse(head))),
            Stream.of(
                config.apply(BuiltInModel.MADE, Sizes.of(Size.ORDERS, 3).with(Size.HIDDEN, 31)),
                config.apply(BuiltInModel.PIXELCNN, more.with(Size.RESIDUAL_BLOCKS, 1)),
                config.apply(BuiltInModel.GATED_PIXELCNN, more.with(Size.SKIP, true)),
                config.apply(BuiltInModel.PIXEL_RNN, Sizes.of(Size.LSTM, Kind.DIAGONAL))))
        .toList();
  }

  /// Writes a model of random weights as a run has it, and images beside it, and says the nats of
  /// each of these.
  private static float[] nats(Backend backend, ModelConfig config, Path folder) throws IOException {
    Dataset data = noise(config.shape());
    ImageShape shape = data.shape();
    ByteBuffer images = ByteBuffer.allocate(20 + data.bytes().length).putInt(0x804);
    images.putInt(data.count()).putInt(shape.height()).putInt(shape.width());
    images.putInt(shape.channels()).put(data.bytes());
    Files.write(folder.resolve(Split.TEST.imagesFile()), images.array());
    var run =
        new RunConfig(
            "test",
            config,
            "tiny",
            Recipe.of(1, 4, 1e-3f),
            new RunData("noise", data.sha256(), 0),
            3,
            new Arithmetic("cpu", "fp32", 1, List.of(backend.numerics())));
    Files.write(folder.resolve("config.json"), run.toJson());
    try (AutoregressiveModel model = config.create(backend, RandomKey.of(3));
        Scope scope = backend.open("test")) {
      model.startFromLevels(
          model.hasBiasOfEachValue()
              ? data.levelsOfValues(Binarize.THRESHOLD)
              : data.levelsOfChannels(Binarize.THRESHOLD));
      for (Parameter parameter : model.parameters().all()) {
        shake(backend, model.parameters(), parameter);
      }
      Models.save(backend, model, folder.resolve("model.safetensors"));
      Batch all =
          Batches.evaluation(data, DIGITS, Binarize.THRESHOLD, RandomKey.of(0))
              .epoch(0)
              .iterator()
              .next();
      Tensor x = scope.floats(DIGITS, shape.values());
      backend.write(x, all.pixels());
      return backend.readFloats(model.nll(new Ops(backend, scope, null), x));
    }
  }

  /// Bytes around a grey, many of which are the lowest or the highest.
  private static Dataset noise(ImageShape shape) {
    double[] normals = Philox.normals(RandomKey.of(3).fold("noise"), DIGITS * shape.values());
    byte[] bytes = new byte[normals.length];
    for (int k = 0; k < bytes.length; k++) {
      bytes[k] = (byte) Math.clamp(Math.round(128 + 100 * normals[k]), 0, 255);
    }
    return new Dataset("noise", shape, bytes, null);
  }

  /// Moves all weights from where they start, those that a mask leaves out too.
  private static void shake(Backend backend, Parameters parameters, Parameter parameter) {
    float[] values = backend.readFloats(parameter.value());
    double[] normals = Philox.normals(RandomKey.of(3).fold(parameter.name()), values.length);
    for (int k = 0; k < values.length; k++) {
      values[k] += (float) (0.3 * normals[k]);
    }
    parameters.write(parameter, values);
  }

  @Test
  void learnsWhatHindsightLearns() throws Exception {
    Stream<Path> grey =
        Stream.of(
                "made --hidden 31 --layers 2",
                "wavenet --residual-channels 5 --blocks 3",
                "pixelcnn --filters 6 --kernel 5 --layers 1 --residual-blocks 1 --positions --levels 256",
                "transformer --width 6 --layers 1 --heads 2 --levels 4",
                "lstm --hidden 7 --layers 2 --head categorical")
            .map(model -> train(model, EVERYTHING, data));
    Path noise = cifar();
    Stream<Path> colour =
        Stream.of(
                "gated-pixelcnn --filters 4 --kernel 3 --layers 1 --levels 4",
                "wavenet --residual-channels 3 --blocks 2 --head logistic-mixture:3")
            .map(model -> train(model, EVERYTHING, noise));
    List<Path> runs = Stream.concat(grey, colour).toList();
    List<String> lines = python(LEARN, runs.stream());
    assertThat(lines).hasSameSizeAs(runs);
    for (int k = 0; k < runs.size(); k++) {
      String run = runs.get(k).getFileName().toString();
      JsonNode theirs = Json.parse("learn.py", lines.get(k));
      List<Metric> ours = Metrics.read(runs.get(k).resolve("metrics.jsonl"));
      assertThat(theirs.path("train_nats")).hasSize(2);
      assertThat(theirs.path("clipped_steps").intValue()).as(run).isPositive();
      assertLearnt(run, ours, Metric.Kind.TRAIN, theirs.path("train_nats"));
      assertLearnt(run, ours, Metric.Kind.VALIDATION, theirs.path("validation_nats"));
      assertLearnt(run, ours, Metric.Kind.TEST, theirs.path("test_nats"));
    }
  }

  private static void assertLearnt(
      String run, List<Metric> ours, Metric.Kind kind, JsonNode theirs) {
    List<Double> nats =
        ours.stream().filter(metric -> metric.kind() == kind).map(Metric::nllNats).toList();
    List<Double> found = new ArrayList<>();
    (theirs.isArray() ? theirs.values() : List.of(theirs)).forEach(x -> found.add(x.doubleValue()));
    assertThat(found).as("%s, %s", run, kind).hasSameSizeAs(nats);
    for (int epoch = 0; epoch < nats.size(); epoch++) {
      assertThat(found.get(epoch))
          .as("%s, %s, epoch %d", run, kind, epoch + 1)
          .isCloseTo(nats.get(epoch), within(TOLERANCE * nats.get(epoch)));
    }
  }

  @Test
  void theScriptSaysWhatEvaluateSays() throws Exception {
    String run = train("made --hidden 24 --layers 1", data).toString();
    String said = Cli.here("evaluate %s --backend cpu --data mnist10k", run).ok().out();
    assertThat(said).endsWith(python("pytorch/hindsight_models.py", run)).contains("1000 images");
    String few =
        python(
            "pytorch/hindsight_models.py", run + "/model.safetensors", "--data", data.toString());
    assertThat(Cli.here("evaluate %s --backend cpu", run).ok().out())
        .endsWith(few)
        .contains("20 images");
    String noisy = Files.createDirectories(shared.resolve("noisy")).toString();
    try (Backend backend = Backends.open("cpu")) {
      nats(backend, BuiltInModel.LSTM.tiny(new ImageShape(5, 7, 3, 4)), Path.of(noisy));
    }
    assertThat(Cli.here("evaluate %s --backend cpu --data %s", noisy, noisy).ok().out())
        .endsWith(python("pytorch/hindsight_models.py", noisy, "--data", noisy))
        .contains("bits/dim");
  }
}
