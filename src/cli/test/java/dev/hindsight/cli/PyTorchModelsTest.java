package dev.hindsight.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

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
import dev.hindsight.train.Models;
import dev.hindsight.train.Pretrained;
import dev.hindsight.train.Recipe;
import dev.hindsight.train.RunConfig;
import dev.hindsight.train.RunData;
import dev.hindsight.train.Size;
import dev.hindsight.train.Sizes;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/// What `pytorch/hindsight_models.py` makes of a run is what Hindsight makes of it.
@Tag("slow")
class PyTorchModelsTest {
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
      from hindsight_models import images, labels, load, nats_of_each
      for folder in sys.argv[1:]:
          model = load(folder)
          classes = labels(folder=folder) - 1 if model.count else None
          print(nats_of_each(model, images(folder=folder, levels=model.shape.levels), classes).tolist())
      """;

  @TempDir private static Path shared;
  private static PyTorch python;
  private static Path data; // digits

  @BeforeAll
  static void findPyTorch() throws Exception {
    python = PyTorch.find(shared);
    data = python.digits(ImageShape.MNIST);
  }

  /// Steps long enough that gains and biases are no longer what they were at first.
  private static Path train(String model, Path data) {
    return python.train(model, " --epochs 1 --batch 4 --lr 0.02", data);
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
            "gated-pixelcnn --filters 4 --layers 1 --kernel 3 --positions --symmetries 4",
            "lstm --hidden 9 --layers 2 --symmetries 2",
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
  void findsPublishedWeightsByName() throws Exception {
    String name = "made-mnist";
    List<String> lines = python.lines(PREDICT, Stream.of(data, Path.of(name)));
    assertLogits(Pretrained.require(name), data, Json.parse("python", lines.getFirst()));
  }

  /// No squares, of one row and of one column.
  @ParameterizedTest
  @CsvSource({"13, 11", "1, 9", "9, 1"})
  void predictsWhatHindsightPredicts(int height, int width) throws Exception {
    assertPredicts(models(), python.digits(new ImageShape(height, width)));
  }

  private static void assertPredicts(Stream<String> models, Path data) throws Exception {
    List<Path> runs = models.map(model -> train(model, data)).toList();
    List<String> lines = python.lines(PREDICT, Stream.concat(Stream.of(data), runs.stream()));
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
    assertLogits(run, data, theirs);
  }

  private static void assertLogits(Path run, Path data, JsonNode theirs) {
    float[] logits = logits(run, data);
    assertThat(theirs.path("logits")).hasSize(logits.length);
    for (int k = 0; k < logits.length; k++) {
      assertThat(theirs.path("logits").path(k).doubleValue())
          .as("logit %d of %s", k, run)
          .isCloseTo(logits[k], within(TOLERANCE * Math.max(1, Math.abs(logits[k]))));
    }
  }

  /// All models on grey and coloured images of several levels, with each head; the last ones with
  /// three classes, and images of none.
  @Test
  void predictsColoursAndLevels() throws Exception {
    Map<Path, float[]> ours = new LinkedHashMap<>();
    try (Backend backend = Backends.open("cpu")) {
      for (ModelConfig config :
          Stream.of(
                  configs(new ImageShape(5, 7, 3, 2), "bernoulli", 0),
                  configs(new ImageShape(5, 7, 3, 4), "categorical", 0),
                  configs(new ImageShape(5, 7, 1, 256), "logistic-mixture", 0),
                  configs(new ImageShape(4, 5, 3, 256), "logistic-mixture:3", 0),
                  configs(new ImageShape(7, 5), "bernoulli", 3),
                  configs(new ImageShape(4, 5, 3, 4), "categorical", 3))
              .flatMap(List::stream)
              .toList()) {
        Path folder = Files.createDirectories(shared.resolve("noisy-" + ours.size()));
        ours.put(folder, nats(backend, config, folder));
      }
    }
    List<String> theirs = python.lines(NATS, ours.keySet().stream());
    assertThat(theirs).hasSameSizeAs(ours.keySet());
    int k = 0;
    for (Map.Entry<Path, float[]> model : ours.entrySet()) {
      JsonNode nats = Json.parse("python", theirs.get(k++));
      assertThat(nats).hasSize(PyTorch.DIGITS);
      for (int i = 0; i < PyTorch.DIGITS; i++) {
        float wanted = model.getValue()[i];
        assertThat(nats.path(i).doubleValue())
            .as("image %d of %s", i, Files.readString(model.getKey().resolve("config.json")))
            .isCloseTo(wanted, within(TOLERANCE * wanted));
      }
    }
  }

  private static List<ModelConfig> configs(ImageShape shape, String head, int classes) {
    Dataset data = noise(shape);
    BiFunction<BuiltInModel, Sizes, ModelConfig> config =
        (model, sizes) -> model.preset("tiny").config(sizes, data, Head.parse(head), classes, 3);
    Sizes more = Sizes.of(Size.POSITIONS, true);
    return Stream.concat(
            Arrays.stream(BuiltInModel.values())
                .map(model -> model.tiny(shape, Head.parse(head), classes)),
            Stream.of(
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
    ByteBuffer labels = ByteBuffer.allocate(8 + data.count()).putInt(0x801).putInt(data.count());
    float[] classes = new float[data.count()]; // none, then each in turn
    for (int k = 0; k < classes.length; k++) {
      int label = k % (config.classes() + 1);
      labels.put((byte) label);
      classes[k] = label - 1;
    }
    Files.write(folder.resolve(Split.TEST.labelsFile()), labels.array());
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
          Batches.evaluation(data, PyTorch.DIGITS, Binarize.THRESHOLD, RandomKey.of(0))
              .epoch(0)
              .iterator()
              .next();
      Tensor x = scope.floats(PyTorch.DIGITS, shape.values());
      backend.write(x, all.pixels());
      Tensor of = scope.floats(PyTorch.DIGITS);
      backend.write(of, classes);
      Ops ops = new Ops(backend, scope, null);
      return backend.readFloats(model.nll(ops, x, config.classes() == 0 ? null : of));
    }
  }

  /// Bytes around a grey, many of which are the lowest or the highest.
  private static Dataset noise(ImageShape shape) {
    double[] normals =
        Philox.normals(RandomKey.of(3).fold("noise"), PyTorch.DIGITS * shape.values());
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
  void theScriptSaysWhatEvaluateSays() throws Exception {
    String run = train("made --hidden 24 --layers 1", data).toString();
    String said = Cli.here("evaluate %s --backend cpu --data mnist10k", run).ok().out();
    assertThat(said)
        .endsWith(python.run("pytorch/hindsight_models.py", run))
        .contains("1000 images");
    String few =
        python.run(
            "pytorch/hindsight_models.py", run + "/model.safetensors", "--data", data.toString());
    assertThat(Cli.here("evaluate %s --backend cpu", run).ok().out())
        .endsWith(few)
        .contains("20 images");
    String noisy = Files.createDirectories(shared.resolve("noisy")).toString();
    try (Backend backend = Backends.open("cpu")) {
      nats(backend, BuiltInModel.LSTM.tiny(new ImageShape(5, 7, 3, 4)), Path.of(noisy));
    }
    assertThat(Cli.here("evaluate %s --backend cpu --data %s", noisy, noisy).ok().out())
        .endsWith(python.run("pytorch/hindsight_models.py", noisy, "--data", noisy))
        .contains("bits/dim");
  }
}
