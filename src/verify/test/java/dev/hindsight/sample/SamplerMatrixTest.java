package dev.hindsight.sample;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.image.ImageShape;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.model.BernoulliHead;
import dev.hindsight.model.ModelConfig;
import dev.hindsight.model.gatedpixelcnn.GatedPixelCnnConfig;
import dev.hindsight.model.pixelcnn.PixelCnnConfig;
import dev.hindsight.model.pixelrnn.PixelRnnConfig;
import dev.hindsight.model.wavenet.WaveNetConfig;
import dev.hindsight.nn.ImageLstm.Kind;
import dev.hindsight.random.RandomKey;
import dev.hindsight.sample.BatchSampler.Plan;
import dev.hindsight.sample.BatchSampler.Strategy;
import dev.hindsight.softgpu.driver.InstalledDriver;
import dev.hindsight.testing.BinaryPixels;
import dev.hindsight.train.BuiltInModel;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/// All models' samplers, on every backend.
@Tag("slow")
class SamplerMatrixTest {
  private static final RandomKey KEY = RandomKey.of(3);

  /// Pixels after which a row has begun, and ended, and what lies above a pixel is drawn.
  private static final int PLAIN = 61;

  /// Of images whose pixels take long.
  private static final ImageShape SMALL = new ImageShape(13, 11);

  private static final List<String> FAST = List.of("cpu", "software-gpu");
  private static final List<String> BACKENDS = List.of("nd4j", "cpu", "software-gpu");
  private static final Set<BuiltInModel> GIVEN_IN_SOFTWARE =
      EnumSet.of(BuiltInModel.MADE, BuiltInModel.LSTM, BuiltInModel.PIXELCNN);
  private static final Map<String, Backend> OPEN = new LinkedHashMap<>();

  private static Backend backend(String name) {
    return OPEN.computeIfAbsent(
        name, n -> n.equals("software-gpu") ? Backends.openSoftwareGpu() : Backends.open(n));
  }

  @AfterAll
  static void close() {
    OPEN.values().forEach(Backend::close);
    OPEN.clear();
    assertThat(Backends.softwareFindings()).isZero();
  }

  private static ModelConfig config(BuiltInModel model, String backend) {
    return backend.equals("cpu") ? SmallModels.small(model) : smallest(model);
  }

  private static ModelConfig smallest(BuiltInModel model) {
    return model.tiny(SMALL, new BernoulliHead(), 0);
  }

  /// (B·D) of zeros and ones.
  private static float[] known(int count, ImageShape shape) {
    return BinaryPixels.of(KEY.fold("known"), count * shape.pixels(), 0.4f);
  }

  /// What was drawn, (B·D) each.
  @SuppressWarnings("ArrayRecordComponent") // nobody compares them
  private record Drawn(float[] images, float[] logits) {}

  private static Drawn draw(Backend backend, AutoregressiveModel model, Plan plan) {
    try (BatchSampler sampler = new BatchSampler(backend, model, plan)) {
      float[] known = plan.given() == 0 ? new float[0] : known(plan.batch(), model.shape());
      float[] images = sampler.draw(0, known, pixel -> {});
      assertThat(images).containsOnly(0f, 1f);
      return new Drawn(images, sampler.logits());
    }
  }

  private static void assertLogitsAreTheFullPass(
      Backend backend, AutoregressiveModel model, Drawn drawn) {
    FullPass.assertLogits(backend, model, drawn.images(), drawn.logits());
  }

  static Stream<Arguments> batches() {
    return Arrays.stream(BuiltInModel.values())
        .flatMap(model -> Stream.of(1, 37).map(count -> Arguments.of(model, count)));
  }

  @ParameterizedTest
  @MethodSource("batches")
  void logitsOfABatchEqualTheFullForwardPass(BuiltInModel small, int count) {
    Backend cpu = backend("cpu");
    try (AutoregressiveModel model = SmallModels.small(small).create(cpu, KEY)) {
      assertLogitsAreTheFullPass(cpu, model, draw(cpu, model, new Plan(count, 1, KEY)));
    }
  }

  /// What no small model of its kind has: embeddings of places, kernels that reach over four rows,
  /// skip connections and residual blocks together; queues that go round within an image and
  /// dilations that begin again; pairs of positions that are filtered; Diagonal BiLSTMs.
  static Stream<Arguments> parts() {
    return Stream.of(
        Arguments.of("cpu", new PixelCnnConfig(SMALL, 4, 1, 9, 1, true), 37),
        Arguments.of("cpu", new GatedPixelCnnConfig(SMALL, 3, 2, 9, true, true), 37),
        Arguments.of("cpu", new WaveNetConfig(SMALL, 7, 7, 3), 2),
        Arguments.of("cpu", new WaveNetConfig(new ImageShape(17, 19), 96, 9, 9), 2),
        Arguments.of("cpu", new PixelRnnConfig(SMALL, 9, 2, Kind.DIAGONAL), 37),
        Arguments.of("software-gpu", new PixelCnnConfig(SMALL, 4, 1, 5, 1, true), 1),
        Arguments.of("software-gpu", new GatedPixelCnnConfig(SMALL, 3, 2, 3, true, true), 1),
        Arguments.of("software-gpu", new PixelRnnConfig(SMALL, 3, 1, Kind.DIAGONAL), 2));
  }

  @ParameterizedTest
  @MethodSource("parts")
  void logitsOfWhatAModelMayHaveEqualTheFullForwardPass(
      String name, ModelConfig config, int count) {
    Backend backend = backend(name);
    try (AutoregressiveModel model = config.create(backend, KEY)) {
      Plan plan = new Plan(count, 1, KEY, 0, Strategy.STEPS, true);
      assertLogitsAreTheFullPass(backend, model, draw(backend, model, plan));
    }
  }

  /// The same loop over the reference's ops, which is slow.
  static Stream<Arguments> partsOfTheReference() {
    return Stream.of(
        Arguments.of("nd4j", new PixelCnnConfig(ImageShape.MNIST, 4, 1, 9, 1, true), 2),
        Arguments.of("nd4j", new GatedPixelCnnConfig(ImageShape.MNIST, 3, 2, 9, true, true), 2),
        Arguments.of("nd4j", new PixelRnnConfig(ImageShape.MNIST, 3, 2, Kind.DIAGONAL), 2));
  }

  @ParameterizedTest
  @MethodSource("partsOfTheReference")
  @Tag("exhaustive")
  void theReferenceDrawsThemToo(String name, ModelConfig config, int count) {
    logitsOfWhatAModelMayHaveEqualTheFullForwardPass(name, config, count);
  }

  /// Of what a Gated PixelCNN computes, nobody needs the last row of the vertical stack, and of a
  /// WaveNet not what its first layer makes of no pixel; what both directions of a Diagonal BiLSTM
  /// add to a pixel are two products.
  @ParameterizedTest
  @EnumSource
  void anImageCostsAForwardPass(BuiltInModel small) {
    double least =
        switch (small) {
          case GATED_PIXELCNN -> 0.9;
          case WAVENET -> 0.9999;
          default -> 1;
        };
    assertThat(passes(SmallModels.small(small))).isBetween(least, 1.0);
    if (small == BuiltInModel.PIXEL_RNN) {
      assertThat(passes(new PixelRnnConfig(ImageShape.MNIST, 6, 2, Kind.DIAGONAL)))
          .isBetween(1.0, 1.07);
    }
  }

  private static double passes(ModelConfig config) {
    Backend cpu = backend("cpu");
    var request = new Sampler.Request(3, 1, KEY);
    try (AutoregressiveModel model = config.create(cpu, KEY);
        Sampler sampler = Sampler.of(cpu, model, request)) {
      return (double) sampler.multiplyAddsPerImage() / model.multiplyAdds();
    }
  }

  /// Half, and all but one where a loop over pixels is cheap; 0 is every other test here. What the
  /// kernel of the other models does about it is in [PixelLoopTest].
  private static Stream<Integer> given(BuiltInModel model, String backend) {
    return switch (backend) {
      case "cpu" -> Stream.of(391, 783);
      case "nd4j" -> Stream.of(71);
      default -> GIVEN_IN_SOFTWARE.contains(model) ? Stream.of(71) : Stream.empty();
    };
  }

  private static Stream<Arguments> completionsOn(List<String> backends) {
    return Arrays.stream(BuiltInModel.values())
        .flatMap(
            model ->
                backends.stream()
                    .flatMap(b -> given(model, b).map(n -> Arguments.of(model, b, n))));
  }

  static Stream<Arguments> completions() {
    return completionsOn(FAST);
  }

  static Stream<Arguments> completionsOfTheReference() {
    return completionsOn(List.of("nd4j"));
  }

  @ParameterizedTest
  @MethodSource("completionsOfTheReference")
  @Tag("exhaustive")
  void theReferenceKeepsWhatIsGiven(BuiltInModel small, String name, int given) {
    completionsKeepWhatIsGiven(small, name, given);
  }

  @ParameterizedTest
  @MethodSource("completions")
  void completionsKeepWhatIsGiven(BuiltInModel small, String name, int given) {
    Backend backend = backend(name);
    int count = 2;
    try (AutoregressiveModel model = config(small, name).create(backend, KEY)) {
      Drawn drawn = draw(backend, model, new Plan(count, 0.9f, KEY, given, Strategy.BEST, true));
      float[] known = known(count, model.shape());
      for (int k = 0; k < known.length; k++) {
        if (k % model.shape().pixels() < given) {
          assertThat(drawn.images()[k]).as("given pixel %d", k).isEqualTo(known[k]);
        }
      }
      assertLogitsAreTheFullPass(backend, model, drawn);
    }
  }

  /// Logits are those of the full pass, so pixels are those that full passes would draw. A pixel
  /// may differ where its uniform lies within float error of its probability, and what follows it
  /// may then too. With this key none does.
  @ParameterizedTest
  @EnumSource
  void theSameKeyDrawsTheSamePixels(BuiltInModel small) {
    theSameKeyDrawsTheSamePixels(small, FAST);
  }

  @ParameterizedTest
  @EnumSource
  @Tag("exhaustive")
  void theSameKeyDrawsTheSamePixelsOnEveryBackend(BuiltInModel small) {
    theSameKeyDrawsTheSamePixels(small, BACKENDS);
  }

  private static void theSameKeyDrawsTheSamePixels(BuiltInModel small, List<String> backends) {
    float[] want = {};
    for (String name : backends) {
      Backend backend = backend(name);
      boolean software = name.equals("software-gpu");
      boolean kernel = software && small != BuiltInModel.PIXEL_RNN;
      int count = software ? 2 : 3;
      try (AutoregressiveModel model = smallest(small).create(backend, KEY)) {
        assertThat(Sampler.drawsAtOnce(backend, model, count)).isEqualTo(kernel);
        long graphs = graphLaunches();
        Drawn drawn = draw(backend, model, new Plan(count, 1, KEY));
        assertThat(graphLaunches() - graphs)
            .as("graphs, of which a kernel needs none")
            .isEqualTo(software && !kernel ? 1 : 0);
        assertLogitsAreTheFullPass(backend, model, drawn);
        want = want.length == 0 ? drawn.images() : want;
        int different = 0;
        for (int k = 0; k < drawn.images().length; k++) {
          different += drawn.images()[k] == want[k] ? 0 : 1;
        }
        assertThat(different)
            .as("pixels in which %s differs from %s", name, backends.getFirst())
            .isZero();
      }
    }
    assertThat(want).contains(0f, 1f);
  }

  /// Models that steps take long to draw.
  @ParameterizedTest
  @EnumSource(names = {"WAVENET", "GATED_PIXELCNN", "TRANSFORMER", "PIXEL_RNN"})
  @Tag("exhaustive")
  void aGraphOfManyLaunchesDrawsWhatTheyDo(BuiltInModel small) {
    aGraphDrawsWhatPlainLaunchesDo(small);
  }

  /// The first batch is recorded after a rehearsal, the second is a replay, of other images.
  @ParameterizedTest
  @EnumSource(names = {"MADE", "PIXELCNN", "LSTM"})
  void aGraphDrawsWhatPlainLaunchesDo(BuiltInModel small) {
    Backend backend = backend("software-gpu");
    Plan recorded = new Plan(2, 1, KEY, 0, Strategy.STEPS, true);
    try (AutoregressiveModel model = smallest(small).create(backend, KEY);
        BatchSampler graph = new BatchSampler(backend, model, recorded)) {
      long before = graphLaunches();
      float[] first = graph.draw(0);
      float[] logits = graph.logits();
      assertThat(graphLaunches() - before).as("graphs for the first batch").isOne();
      long reserved = backend.reservedBytes();
      Drawn second = new Drawn(graph.draw(2), graph.logits());
      assertThat(backend.reservedBytes()).isEqualTo(reserved);
      assertThat(graphLaunches() - before).as("graphs for two batches").isEqualTo(2);
      assertLogitsAreTheFullPass(backend, model, second);
      assertThat(second.images()).isNotEqualTo(first);
      try (Sampler plain = Sampler.of(backend, model, new Sampler.Request(2, 1, KEY))) {
        for (int pixel = 0; pixel < PLAIN; pixel++) {
          plain.next();
          assertThat(plain.pixel(pixel))
              .containsExactly(first[pixel], first[SMALL.pixels() + pixel]);
          assertThat(plain.logits(pixel))
              .containsExactly(logits[pixel], logits[SMALL.pixels() + pixel]);
        }
      }
      assertThat(graphLaunches() - before).as("graphs for plain launches").isEqualTo(2);
    }
  }

  private static long graphLaunches() {
    InstalledDriver software = InstalledDriver.installed();
    return software == null ? 0 : software.graphLaunches();
  }
}
