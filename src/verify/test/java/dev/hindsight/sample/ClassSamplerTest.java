package dev.hindsight.sample;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.image.ImageShape;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.model.Head;
import dev.hindsight.model.ModelConfig;
import dev.hindsight.model.gatedpixelcnn.GatedPixelCnnConfig;
import dev.hindsight.model.pixelcnn.PixelCnnConfig;
import dev.hindsight.model.pixelrnn.PixelRnnConfig;
import dev.hindsight.nn.ImageLstm.Kind;
import dev.hindsight.nn.Parameter;
import dev.hindsight.ops.Ops;
import dev.hindsight.random.Philox;
import dev.hindsight.random.RandomKey;
import dev.hindsight.sample.BatchSampler.Plan;
import dev.hindsight.sample.BatchSampler.Strategy;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import dev.hindsight.train.BuiltInModel;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/// Samplers of images that have classes, several of them in a batch.
class ClassSamplerTest {
  static final RandomKey KEY = RandomKey.of(4);
  static final ImageShape BINARY = new ImageShape(7, 5, 1, 2);
  static final ImageShape COLOURS = new ImageShape(5, 3, 3, 4);
  static final int CLASSES = 3;
  private static final List<Integer> LABELS = List.of(2, -1, 0, 2, 1);

  /// All seven on each kind of images, and what no tiny model has: residual blocks, skip
  /// connections, embeddings of places, Diagonal BiLSTMs.
  static Stream<ModelConfig> configs() {
    Stream<ModelConfig> tiny =
        Arrays.stream(BuiltInModel.values())
            .flatMap(model -> Stream.of(tiny(model, BINARY), tiny(model, COLOURS)));
    Head head = Head.of(BINARY);
    return Stream.concat(
        tiny,
        Stream.of(
            new PixelCnnConfig(BINARY, head, CLASSES, 4, 1, 5, 1, true),
            new GatedPixelCnnConfig(BINARY, head, CLASSES, 3, 2, 3, true, true),
            new PixelRnnConfig(BINARY, head, CLASSES, 3, 2, Kind.DIAGONAL)));
  }

  static ModelConfig tiny(BuiltInModel model, ImageShape shape) {
    return model.tiny(shape, Head.of(shape), CLASSES);
  }

  /// Of random tables: at first they are zero.
  static AutoregressiveModel create(ModelConfig config, Backend backend) {
    AutoregressiveModel model = config.create(backend, KEY);
    for (Parameter p : tables(model)) {
      float[] rows = Philox.uniforms(KEY.fold(p.name()), Math.toIntExact(p.shape().size()));
      for (int k = 0; k < rows.length; k++) {
        rows[k] = 2 * rows[k] - 1;
      }
      model.parameters().write(p, rows);
    }
    return model;
  }

  private static List<Parameter> tables(AutoregressiveModel model) {
    List<Parameter> tables =
        model.parameters().all().stream().filter(p -> p.name().startsWith("classes.")).toList();
    assertThat(tables).isNotEmpty();
    return tables;
  }

  static Plan plan(AutoregressiveModel model, int batch, Strategy strategy, Conditioning of) {
    return new Plan(batch, 0.9f, KEY, 0, strategy, true, 0, of);
  }

  /// The whole network's, (B·D·P).
  static float[] logits(
      Backend backend, AutoregressiveModel model, float[] images, List<Integer> of) {
    try (Scope scope = backend.open("test")) {
      Tensor x = scope.floats(images.length / model.shape().values(), model.shape().values());
      Tensor labels = scope.floats(of.size());
      backend.write(x, images);
      backend.write(labels, new Conditioning(of).numbers());
      return backend.readFloats(model.logits(new Ops(backend, scope, null), x, labels));
    }
  }

  private static void assertClose(float[] got, float[] want) {
    assertThat(got).hasSameSizeAs(want);
    for (int k = 0; k < want.length; k++) {
      assertThat(Math.abs(got[k] - want[k]))
          .as("logit %d of %d: %s, full pass %s", k, want.length, got[k], want[k])
          .isLessThanOrEqualTo(2e-5f * (1 + Math.abs(want[k])));
    }
  }

  private static void drawsWhatTheFullPassSays(
      String name, ModelConfig config, Strategy strategy, List<Integer> labels) {
    try (Backend backend = open(name);
        AutoregressiveModel model = create(config, backend);
        BatchSampler sampler =
            new BatchSampler(backend, model, plan(model, 2, strategy, new Conditioning(labels)))) {
      for (int first = 0; first < labels.size(); first += 2) {
        float[] images = sampler.draw(first);
        List<Integer> own =
            List.of(labels.get(first), first + 1 < labels.size() ? labels.get(first + 1) : -1);
        assertClose(sampler.logits(), logits(backend, model, images, own));
        assertThat(sampler.logits()).isNotEqualTo(logits(backend, model, images, List.of(-1, -1)));
      }
    }
  }

  private static Backend open(String name) {
    return name.equals("software-gpu") ? Backends.openSoftwareGpu() : Backends.open(name);
  }

  /// Of several classes in a batch, and of others in the next one.
  @ParameterizedTest
  @MethodSource("configs")
  void logitsOfMixedClassesEqualTheFullForwardPass(ModelConfig config) {
    drawsWhatTheFullPassSays("cpu", config, Strategy.BEST, LABELS);
  }

  @Test
  void soOnTheReference() {
    drawsWhatTheFullPassSays(
        "nd4j", tiny(BuiltInModel.LSTM, BINARY), Strategy.STEPS, List.of(2, -1));
    drawsWhatTheFullPassSays(
        "nd4j", tiny(BuiltInModel.WAVENET, BINARY), Strategy.STEPS, List.of(1, 2));
  }

  /// The first batch is recorded, the second replayed with other labels.
  @Test
  void soInAGraph() {
    ModelConfig made = tiny(BuiltInModel.MADE, BINARY);
    drawsWhatTheFullPassSays("software-gpu", made, Strategy.STEPS, List.of(2, -1, 0, 1));
    ModelConfig gated =
        new GatedPixelCnnConfig(
            new ImageShape(3, 3, 1, 2), Head.of(BINARY), CLASSES, 3, 1, 3, false, false);
    drawsWhatTheFullPassSays("software-gpu", gated, Strategy.STEPS, List.of(2, -1, 0, 1));
    assertThat(Backends.softwareFindings()).isZero();
  }

  @ParameterizedTest
  @EnumSource(names = {"MADE", "LSTM"})
  void otherKernelsDrawImagesWithoutAClass(BuiltInModel model) {
    try (Backend gpu = Backends.openSoftwareGpu();
        AutoregressiveModel any = create(tiny(model, BINARY), gpu)) {
      assertThat(Sampler.drawsAtOnce(gpu, any, 2, Conditioning.NONE)).isTrue();
      try (BatchSampler sampler =
          new BatchSampler(gpu, any, plan(any, 2, Strategy.BEST, Conditioning.NONE))) {
        float[] images = sampler.draw(0);
        assertClose(sampler.logits(), logits(gpu, any, images, List.of(-1, -1)));
      }
    }
    assertThat(Backends.softwareFindings()).isZero();
  }

  /// A batch is a launch, or, where a MADE or an LSTM has more than a logit of each pixel, a graph.
  @ParameterizedTest
  @EnumSource(names = {"MADE", "LSTM", "PIXELCNN", "GATED_PIXELCNN", "WAVENET", "TRANSFORMER"})
  void soInOneLaunch(BuiltInModel model) {
    try (Backend gpu = Backends.openSoftwareGpu();
        AutoregressiveModel any = tiny(model, BINARY).create(gpu, KEY)) {
      assertThat(Sampler.drawsAtOnce(gpu, any, 2, new Conditioning(List.of(0, 1)))).isTrue();
      assertThat(Sampler.drawsAtOnce(gpu, any, 2, new Conditioning(List.of(0, 1), 1))).isFalse();
    }
    for (ImageShape shape : List.of(new ImageShape(4, 3, 1, 2), new ImageShape(3, 2, 3, 4))) {
      List<Integer> labels = List.of(2, -1, 0, 1);
      drawsWhatTheFullPassSays("software-gpu", tiny(model, shape), Strategy.BEST, labels);
    }
    assertThat(Backends.softwareFindings()).isZero();
  }

  /// Images draw the same whoever is in their batch; what is wrong with a class reaches those of it
  /// alone.
  @ParameterizedTest
  @MethodSource("configs")
  void poisonOfAClassReachesImagesOfItAlone(ModelConfig config) {
    try (Backend backend = Backends.open("cpu");
        AutoregressiveModel model = create(config, backend)) {
      float[][] clean = columns(backend, model);
      for (Parameter p : tables(model)) {
        float[] rows = backend.readFloats(p.value());
        int each = rows.length / CLASSES;
        Arrays.fill(rows, 0, each, Float.NaN); // of class 0, which is that of image 2
        model.parameters().write(p, rows);
      }
      float[][] poisoned = columns(backend, model);
      for (int image = 0; image < LABELS.size(); image++) {
        if (LABELS.get(image) == 0) {
          assertThat(poisoned[image]).contains(Float.NaN);
        } else {
          assertThat(poisoned[image]).as("image %d", image).containsExactly(clean[image]);
        }
      }
    }
  }

  /// The logits of each image, where all are given the same values.
  private static float[][] columns(Backend backend, AutoregressiveModel model) {
    int images = LABELS.size();
    var request = new Sampler.Request(images, 1, KEY, new Conditioning(LABELS));
    try (Sampler sampler = Sampler.of(backend, model, request)) {
      float[] same = new float[images];
      while (sampler.hasNext()) {
        Arrays.fill(same, sampler.position() % 2);
        sampler.next(same);
      }
      float[] all = sampler.logits();
      int each = all.length / images;
      float[][] of = new float[images][];
      for (int k = 0; k < images; k++) {
        of[k] = Arrays.copyOfRange(all, k * each, (k + 1) * each);
      }
      return of;
    }
  }

  @Test
  void aClassDrawsTheSameImageInAnyBatch() {
    try (Backend backend = Backends.open("cpu");
        AutoregressiveModel model = create(tiny(BuiltInModel.MADE, BINARY), backend);
        Sampler all =
            Sampler.of(
                backend, model, new Sampler.Request(5, 0.9f, KEY, new Conditioning(LABELS)));
        BatchSampler pairs =
            new BatchSampler(
                backend, model, plan(model, 2, Strategy.BEST, new Conditioning(LABELS)))) {
      float[] images = all.finish();
      int values = BINARY.values();
      for (int first = 0; first < 4; first += 2) {
        assertThat(pairs.draw(first))
            .containsExactly(Arrays.copyOfRange(images, first * values, (first + 2) * values));
      }
    }
  }

  @Test
  void whatAModelDoesNotKnowIsRefused() {
    try (Backend backend = Backends.open("cpu");
        AutoregressiveModel plain = BuiltInModel.MADE.tiny().create(backend, KEY);
        AutoregressiveModel made = create(tiny(BuiltInModel.MADE, BINARY), backend)) {
      refused(backend, plain, new Conditioning(List.of(-1)), "made knows no classes but labels");
      refused(
          backend, made, new Conditioning(List.of(3)), "made knows 3 classes, but a label is 3");
    }
    assertThatThrownBy(() -> new Conditioning(List.of(-2))).hasMessageContaining("one is -2");
    assertThatThrownBy(() -> new Conditioning(List.of(1), -1)).hasMessageContaining("got -1.0 for");
    assertThatThrownBy(() -> new Conditioning(List.of(), 1)).hasMessageContaining("for 0 labels");
    assertThatThrownBy(() -> new Conditioning(List.of(1), Float.NaN)).hasMessageContaining("NaN");
    var two = new Conditioning(Collections.nCopies(2, 0));
    assertThatThrownBy(() -> new Sampler.Request(3, 1, KEY, two))
        .hasMessageContaining("a label for each of 3 images, or none, got 2");
  }

  private static void refused(
      Backend backend, AutoregressiveModel model, Conditioning of, String part) {
    var request = new Sampler.Request(1, 1, KEY, of);
    assertThatThrownBy(() -> Sampler.of(backend, model, request)).hasMessageContaining(part);
    assertThatThrownBy(() -> new BatchSampler(backend, model, plan(model, 1, Strategy.BEST, of)))
        .hasMessageContaining(part);
  }
}
