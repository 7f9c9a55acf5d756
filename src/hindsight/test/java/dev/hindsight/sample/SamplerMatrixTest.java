package dev.hindsight.sample;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.model.ModelConfig;
import dev.hindsight.ops.Ops;
import dev.hindsight.random.Philox;
import dev.hindsight.random.RandomKey;
import dev.hindsight.sample.BatchSampler.Plan;
import dev.hindsight.sample.BatchSampler.Way;
import dev.hindsight.softgpu.driver.InstalledDriver;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import dev.hindsight.train.BuiltInModel;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
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
  private static final List<String> BACKENDS = List.of("nd4j", "cpu", "software-gpu");
  private static final Map<String, Backend> OPEN = new LinkedHashMap<>();
  private static final Map<String, Drawn> TINY = new HashMap<>();

  private static Backend backend(String name) {
    return OPEN.computeIfAbsent(
        name, n -> n.equals("software-gpu") ? Backends.openSoftwareGpu() : Backends.open(n));
  }

  @AfterAll
  static void close() {
    OPEN.values().forEach(Backend::close);
    OPEN.clear();
    TINY.clear();
    assertThat(Backends.softwareFindings()).isZero();
  }

  private static ModelConfig config(BuiltInModel model, String backend) {
    return backend.equals("cpu") ? SmallModels.small(model) : SmallModels.tiny(model);
  }

  /// (B·784) of zeros and ones.
  private static float[] known(int count) {
    float[] pixels = Philox.uniforms(KEY.fold("known"), count * 784);
    for (int k = 0; k < pixels.length; k++) {
      pixels[k] = pixels[k] < 0.4f ? 1 : 0;
    }
    return pixels;
  }

  /// What was drawn, (B·784) each.
  @SuppressWarnings("ArrayRecordComponent") // nobody compares them
  private record Drawn(float[] images, float[] logits) {}

  private static Drawn draw(Backend backend, AutoregressiveModel model, Plan plan) {
    try (BatchSampler sampler = new BatchSampler(backend, model, plan)) {
      float[] known = plan.given() == 0 ? new float[0] : known(plan.batch());
      float[] images = sampler.draw(0, known, pixel -> {});
      assertThat(images).containsOnly(0f, 1f);
      return new Drawn(images, sampler.logits());
    }
  }

  /// Three images by the tiny model, step by step; drawn once, since most take seconds.
  private static Drawn tiny(BuiltInModel model, String name, AutoregressiveModel created) {
    return TINY.computeIfAbsent(
        model + " on " + name,
        _ -> draw(backend(name), created, new Plan(3, 1, KEY, 0, Way.STEPS, true)));
  }

  private static void assertLogitsAreTheFullPass(
      Backend backend, AutoregressiveModel model, Drawn drawn) {
    float[] want;
    try (Scope scope = backend.open("test")) {
      Tensor x = scope.floats(drawn.images().length / 784, 784);
      backend.write(x, drawn.images());
      want = backend.readFloats(model.logits(new Ops(backend, scope, null), x));
    }
    float[] got = drawn.logits();
    for (int k = 0; k < want.length; k++) {
      float allowed = 2e-5f * (1 + Math.abs(want[k]));
      if (!(Math.abs(got[k] - want[k]) <= allowed)) {
        throw new AssertionError(
            "logit %d of image %d: sampler %s, full pass %s"
                .formatted(k % 784, k / 784, got[k], want[k]));
      }
    }
  }

  /// Attention over 64 images takes the two slow backends a minute each; three images have all that
  /// is in a batch.
  private static boolean slow(BuiltInModel model, String backend, int count) {
    return count > 3 && model == BuiltInModel.TRANSFORMER && !backend.equals("cpu");
  }

  static Stream<Arguments> batches() {
    return Arrays.stream(BuiltInModel.values())
        .flatMap(
            model ->
                BACKENDS.stream()
                    .flatMap(
                        b ->
                            Stream.of(1, 3, 64)
                                .filter(n -> !slow(model, b, n))
                                .map(n -> Arguments.of(model, b, n))));
  }

  @ParameterizedTest
  @MethodSource("batches")
  void logitsEqualTheFullForwardPass(BuiltInModel small, String name, int count) {
    Backend backend = backend(name);
    boolean tiny = count == 3 && !name.equals("cpu");
    try (AutoregressiveModel model = config(small, name).create(backend, KEY)) {
      Drawn drawn =
          tiny
              ? tiny(small, name, model)
              : draw(backend, model, new Plan(count, 1, KEY, 0, Way.STEPS, true));
      assertLogitsAreTheFullPass(backend, model, drawn);
    }
  }

  /// All of 1, 391 and 783 where a loop over pixels is cheap; 0 is every other test here.
  private static Stream<Integer> given(String backend) {
    return switch (backend) {
      case "cpu" -> Stream.of(1, 391, 783);
      case "nd4j" -> Stream.of(391);
      default -> Stream.of(391, 783);
    };
  }

  static Stream<Arguments> completions() {
    return Arrays.stream(BuiltInModel.values())
        .flatMap(
            model -> BACKENDS.stream().flatMap(b -> given(b).map(n -> Arguments.of(model, b, n))));
  }

  @ParameterizedTest
  @MethodSource("completions")
  void completionsKeepWhatIsGiven(BuiltInModel small, String name, int given) {
    Backend backend = backend(name);
    int count = 2;
    try (AutoregressiveModel model = config(small, name).create(backend, KEY)) {
      Drawn drawn = draw(backend, model, new Plan(count, 0.9f, KEY, given, Way.BEST, true));
      float[] known = known(count);
      for (int k = 0; k < known.length; k++) {
        if (k % 784 < given) {
          assertThat(drawn.images()[k]).as("given pixel %d", k).isEqualTo(known[k]);
        }
      }
      assertLogitsAreTheFullPass(backend, model, drawn);
    }
  }

  /// A pixel may differ where its uniform lies within float error of its probability, and what
  /// follows it may then too. With this key none does.
  @ParameterizedTest
  @EnumSource
  void theSameKeyDrawsTheSamePixelsOnEveryBackend(BuiltInModel small) {
    float[] want = null;
    for (String name : BACKENDS) {
      Backend backend = backend(name);
      try (AutoregressiveModel model = SmallModels.tiny(small).create(backend, KEY)) {
        float[] got =
            Sampler.drawsAtOnce(backend, model, 3)
                ? draw(backend, model, new Plan(3, 1, KEY)).images()
                : tiny(small, name, model).images();
        want = want == null ? got : want;
        int different = 0;
        for (int k = 0; k < got.length; k++) {
          different += got[k] == want[k] ? 0 : 1;
        }
        assertThat(different).as("pixels in which %s differs from nd4j", name).isZero();
      }
    }
    assertThat(Objects.requireNonNull(want)).contains(0f, 1f);
  }

  /// The first batch is recorded after a rehearsal, the second is a replay, of other images.
  @ParameterizedTest
  @EnumSource
  void aGraphDrawsWhatPlainLaunchesDo(BuiltInModel small) {
    Backend backend = backend("software-gpu");
    Plan recorded = new Plan(2, 1, KEY, 0, Way.STEPS, true);
    Plan plain = new Plan(2, 1, KEY, 0, Way.STEPS, false);
    try (AutoregressiveModel model = SmallModels.tiny(small).create(backend, KEY);
        BatchSampler graph = new BatchSampler(backend, model, recorded);
        BatchSampler steps = new BatchSampler(backend, model, plain)) {
      long before = graphLaunches();
      graph.draw(0);
      assertThat(graphLaunches() - before).as("graphs for the first batch").isOne();
      long reserved = backend.reservedBytes();
      float[] images = graph.draw(2);
      assertThat(backend.reservedBytes()).isEqualTo(reserved);
      assertThat(graphLaunches() - before).as("graphs for two batches").isEqualTo(2);
      assertThat(images).isEqualTo(steps.draw(2));
      assertThat(graph.logits()).isEqualTo(steps.logits());
    }
  }

  /// A kernel needs no graph around it: neither a rehearsal nor a capture comes before the images.
  @ParameterizedTest
  @EnumSource
  void modelsWhoseStateFitsAreDrawnByOneKernel(BuiltInModel small) {
    Backend backend = backend("software-gpu");
    try (AutoregressiveModel model = SmallModels.tiny(small).create(backend, KEY)) {
      boolean atOnce = Sampler.drawsAtOnce(backend, model, 2);
      assertThat(atOnce).isEqualTo(small == BuiltInModel.MADE || small == BuiltInModel.LSTM);
      if (atOnce) {
        long before = graphLaunches();
        draw(backend, model, new Plan(2, 1, KEY));
        assertThat(graphLaunches()).isEqualTo(before);
      }
    }
  }

  private static long graphLaunches() {
    return Objects.requireNonNull(InstalledDriver.installed()).graphLaunches();
  }
}
