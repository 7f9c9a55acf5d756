package dev.hindsight.sample;

import static dev.hindsight.sample.ClassSamplerTest.BINARY;
import static dev.hindsight.sample.ClassSamplerTest.CLASSES;
import static dev.hindsight.sample.ClassSamplerTest.COLOURS;
import static dev.hindsight.sample.ClassSamplerTest.KEY;
import static dev.hindsight.sample.ClassSamplerTest.logits;
import static dev.hindsight.sample.ClassSamplerTest.plan;
import static dev.hindsight.sample.ClassSamplerTest.tiny;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.image.ImageShape;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.model.GuidedModel;
import dev.hindsight.model.Head;
import dev.hindsight.model.LogisticMixtureHead;
import dev.hindsight.model.ModelConfig;
import dev.hindsight.ops.Ops;
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

/// Classifier-free guidance: what is drawn from, and that it is a distribution.
class GuidanceTest {
  /// Ho & Salimans 2022, where each value is drawn: (1 + W)·c - W·u.
  @ParameterizedTest
  @MethodSource("dev.hindsight.sample.ClassSamplerTest#configs")
  void guidanceCombinesBothLogits(ModelConfig config) {
    float w = 1.5f;
    List<Integer> labels = List.of(2, 0);
    try (Backend backend = Backends.open("cpu");
        AutoregressiveModel model = ClassSamplerTest.create(config, backend)) {
      for (Strategy strategy : List.of(Strategy.BEST, Strategy.NAIVE)) {
        try (BatchSampler sampler =
            new BatchSampler(
                backend, model, plan(model, 2, strategy, new Conditioning(labels, w)))) {
          float[] images = sampler.draw(0);
          float[] with = logits(backend, model, images, labels);
          float[] without = logits(backend, model, images, List.of(-1, -1));
          float[] want = new float[with.length];
          for (int k = 0; k < want.length; k++) {
            want[k] = (1 + w) * with[k] - w * without[k];
          }
          assertWithin(sampler.logits(), want, 1e-4f);
          var guided = new GuidedModel(model, w);
          assertWithin(logits(backend, guided, images, labels), want, 1e-6f);
        }
      }
    }
  }

  /// Of a mixture by the probabilities of its levels: p(v | class)^(1 + W) / p(v)^W.
  @ParameterizedTest
  @EnumSource(names = {"MADE", "GATED_PIXELCNN"})
  void guidanceOfAMixtureWeighsItsLevels(BuiltInModel of) {
    float w = 1.5f;
    List<Integer> labels = List.of(2, 0);
    ModelConfig config = of.tiny(COLOURS, new LogisticMixtureHead(3), CLASSES);
    try (Backend backend = Backends.open("cpu");
        AutoregressiveModel model = ClassSamplerTest.create(config, backend)) {
      for (Strategy strategy : List.of(Strategy.BEST, Strategy.NAIVE)) {
        try (BatchSampler sampler =
            new BatchSampler(
                backend, model, plan(model, 2, strategy, new Conditioning(labels, w)))) {
          float[] images = sampler.draw(0);
          float[] logits = sampler.logits();
          float[] with = logits(backend, model, images, labels);
          float[] without = logits(backend, model, images, List.of(-1, -1));
          int levels = COLOURS.levels();
          for (int value = 0; value < images.length; value++) {
            double[] c = probabilities(config, with, images, value);
            double[] u = probabilities(config, without, images, value);
            double[] want = new double[levels];
            Arrays.setAll(want, v -> Math.pow(c[v], 1 + w) * Math.pow(u[v], -w));
            double[] got = new double[levels];
            int first = value * levels;
            Arrays.setAll(got, v -> Math.exp(logits[first + v]));
            assertThat(normalised(got)).containsExactly(normalised(want), within(1e-5));
          }
          var guided = new GuidedModel(model, w);
          assertWithin(logits(backend, guided, images, labels), logits, 1e-4f);
        }
      }
    }
  }

  /// Of each level of one of the values of some images.
  private static double[] probabilities(
      ModelConfig config, float[] outputs, float[] images, int value) {
    Head.Group group = config.group();
    int each = config.shape().values();
    Head.Range range = config.head().range(group, value % each);
    int at = value / each * config.outputs() + range.from();
    int first = value / group.channels() * group.channels();
    int[] before = new int[value - first];
    Arrays.setAll(before, c -> (int) images[first + c]);
    float[] own = Arrays.copyOfRange(outputs, at, at + range.count());
    return config.head().probabilities(group, own, before);
  }

  private static double[] normalised(double[] p) {
    double sum = Arrays.stream(p).sum();
    return Arrays.stream(p).map(x -> x / sum).toArray();
  }

  static Stream<ModelConfig> ofSixBinaryValues() {
    return Stream.of(
        tiny(BuiltInModel.PIXELCNN, new ImageShape(2, 3, 1, 2)),
        BuiltInModel.PIXELCNN.tiny(
            new ImageShape(1, 2, 3, 2), new LogisticMixtureHead(2), CLASSES));
  }

  /// So the likelihood of test images under it is one: over all images probabilities add up to 1.
  @ParameterizedTest
  @MethodSource("ofSixBinaryValues")
  void whatGuidanceDrawsFromIsADistribution(ModelConfig config) {
    ImageShape shape = config.shape();
    int images = 64;
    try (Backend backend = Backends.open("cpu");
        AutoregressiveModel model = ClassSamplerTest.create(config, backend);
        Scope scope = backend.open("test")) {
      Tensor x = scope.floats(images, shape.values());
      Tensor labels = scope.floats(images);
      float[] all = new float[images * shape.values()];
      for (int k = 0; k < all.length; k++) {
        all[k] = ((k / shape.values()) >> (k % shape.values())) & 1;
      }
      backend.write(x, all);
      backend.write(labels, new Conditioning(Collections.nCopies(images, 1)).numbers());
      float[] plain = backend.readFloats(model.nll(new Ops(backend, scope, null), x, labels));
      float[] nll =
          backend.readFloats(
              new GuidedModel(model, 3).nll(new Ops(backend, scope, null), x, labels));
      double sum = 0;
      for (float nats : nll) {
        sum += Math.exp(-nats);
      }
      assertThat(sum).isCloseTo(1, within(1e-5));
      assertThat(nll).isNotEqualTo(plain);
    }
  }

  private static void assertWithin(float[] got, float[] want, float share) {
    for (int k = 0; k < want.length; k++) {
      assertThat(Math.abs(got[k] - want[k]))
          .as("logit %d: %s, not %s", k, got[k], want[k])
          .isLessThanOrEqualTo(share * (1 + Math.abs(want[k])));
    }
  }

  /// Given pixels count in both halves.
  @Test
  void guidanceGoesOnFromWhatIsGiven() {
    List<Integer> labels = List.of(1);
    try (Backend backend = Backends.open("cpu");
        AutoregressiveModel model =
            ClassSamplerTest.create(tiny(BuiltInModel.GATED_PIXELCNN, BINARY), backend)) {
      float[] known = new float[BINARY.values()];
      Arrays.fill(known, 1);
      var plan = new Plan(1, 1, KEY, 17, Strategy.STEPS, true, 0, new Conditioning(labels, 2));
      try (BatchSampler sampler = new BatchSampler(backend, model, plan)) {
        float[] image = sampler.draw(0, known, pixel -> {});
        assertThat(Arrays.copyOf(image, 17)).containsOnly(1);
        float[] with = logits(backend, model, image, labels);
        float[] without = logits(backend, model, image, List.of(-1));
        float[] want = new float[with.length];
        for (int k = 0; k < want.length; k++) {
          want[k] = 3 * with[k] - 2 * without[k];
        }
        assertWithin(sampler.logits(), want, 1e-4f);
      }
    }
  }
}
