package dev.hindsight.sample;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.image.ImageShape;
import dev.hindsight.model.PixelOrder;
import dev.hindsight.model.made.Made;
import dev.hindsight.model.made.MadeConfig;
import dev.hindsight.ops.Ops;
import dev.hindsight.random.Philox;
import dev.hindsight.random.RandomKey;
import dev.hindsight.sample.BatchSampler.Plan;
import dev.hindsight.sample.BatchSampler.Strategy;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Drawing in another order than raster order.
@Tag("slow")
class OrderedSamplerTest {
  private static final RandomKey KEY = RandomKey.of(3);
  private static final int COUNT = 2;

  private static Backend open(String name) {
    return name.equals("software-gpu") ? Backends.openSoftwareGpu() : Backends.open(name);
  }

  private static Made made(Backend backend) {
    Made made =
        MadeConfig.random(ImageShape.MNIST, 24, 2, KEY).withOrders(3, 5).create(backend, KEY);
    float[] bias = Philox.uniforms(KEY.fold("bias"), 784); // else all pixels are alike
    for (int k = 0; k < bias.length; k++) {
      bias[k] = 6 * bias[k] - 3;
    }
    backend.write(made.layers().getLast().bias().value(), bias);
    return made;
  }

  private static float[] known(int given) {
    float[] pixels = Philox.uniforms(KEY.fold("known"), given == 0 ? 0 : COUNT * 784);
    for (int k = 0; k < pixels.length; k++) {
      pixels[k] = k % 784 < given ? pixels[k] < 0.4f ? 1 : 0 : Float.NaN;
    }
    return pixels;
  }

  /// Pixel by pixel, as one kernel where there is one, and by full forward passes; in an order, and
  /// with rows of the image that come first.
  @ParameterizedTest
  @CsvSource({
    "cpu, 1, 770",
    "cpu, 0, 0",
    "cpu, 1, 0",
    "cpu, 2, 0",
    "cpu, 2, 300",
    "software-gpu, 2, 720"
  })
  void everyWayDrawsTheSame(String name, int order, int given) {
    try (Backend backend = open(name);
        Made made = made(backend)) {
      float[] known = known(given);
      float[] want = {};
      for (Strategy strategy : new Strategy[] {Strategy.NAIVE, Strategy.STEPS, Strategy.BEST}) {
        Plan plan = new Plan(COUNT, 0.9f, KEY, given, strategy, true, order, Conditioning.NONE);
        try (BatchSampler sampler = new BatchSampler(backend, made, plan)) {
          float[] images = sampler.draw(0, known, _ -> {});
          want = strategy == Strategy.NAIVE ? images : want;
          assertThat(images).as(strategy.name()).isEqualTo(want);
          assertGivenAndExplained(backend, made, images, sampler.logits(), known, given);
        }
      }
    }
  }

  /// Its full passes follow the model, its pixels would not.
  @Test
  void aNaiveSamplerRefusesAModelThatWasTurned() {
    try (Backend backend = open("cpu");
        Made made = made(backend)) {
      made.turnTo(made.order(1));
      var request = new Sampler.Request(COUNT, 0.9f, KEY);
      try (Sampler sampler = Sampler.naive(backend, made, request);
          Sampler untouched = Sampler.naive(backend, made, request)) {
        sampler.next();
        made.turnTo(made.order(2));
        assertThatThrownBy(sampler::next)
            .isInstanceOf(IllegalStateException.class)
            .hasMessageContaining("somebody has turned the model to another order");
        made.turnTo(made.order(1));
        sampler.next();
        untouched.next();
        untouched.next();
        assertThat(sampler.logits()).isEqualTo(untouched.logits());
      }
    }
  }

  /// Logits are those of a full pass in the order in which the given pixels come first, and the
  /// uniform of a pixel is that of its place.
  private static void assertGivenAndExplained(
      Backend backend, Made made, float[] images, float[] logits, float[] known, int given) {
    PixelOrder order = made.order();
    float[] full;
    try (Scope scope = backend.open("test")) {
      Tensor x = scope.floats(COUNT, 784);
      backend.write(x, images);
      full = backend.readFloats(made.logits(new Ops(backend, scope, null), x));
    }
    int[] block = new int[4];
    for (int k = 0; k < images.length; k++) {
      int place = order.place(k % 784);
      assertThat(logits[k]).as("logit %d", k).isCloseTo(full[k], within(1e-4f));
      if (k % 784 < given) {
        assertThat(place).isLessThan(given);
        assertThat(images[k]).as("given pixel %d", k).isEqualTo(known[k]);
      } else {
        float u = Philox.uniform(KEY, k / 784 * 784L + place, block);
        double p = 1 / (1 + Math.exp(-logits[k] / 0.9));
        if (Math.abs(u - p) > 1e-5) {
          assertThat(images[k]).as("pixel %d", k).isEqualTo(u < p ? 1 : 0);
        }
      }
    }
  }

  /// A recorded loop reads the order from memory, so a replay is in the order of now.
  @ParameterizedTest
  @ValueSource(strings = {"STEPS", "BEST"})
  void aReplayedLoopKeepsItsOrder(Strategy strategy) {
    try (Backend backend = open("software-gpu");
        Made made = made(backend);
        BatchSampler graph = new BatchSampler(backend, made, plan(strategy, true, 2));
        BatchSampler plain = new BatchSampler(backend, made, plan(strategy, false, 2))) {
      for (int batch = 0; batch < 3; batch++) {
        float[] want = plain.draw(batch);
        made.turnTo(made.order(1)); // somebody evaluates in between
        assertThat(graph.draw(batch)).as("batch %d", batch).isEqualTo(want);
        assertThat(graph.logits()).isEqualTo(plain.logits());
      }
    }
  }

  private static Plan plan(Strategy strategy, boolean graph, int order) {
    return new Plan(1, 1, KEY, 0, strategy, graph, order, Conditioning.NONE);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 2})
  void aSamplerIsGivenImagesAndGoesByPlaces(int order) {
    try (Backend backend = open("cpu");
        Made made = made(backend)) {
      PixelOrder asked = made.order(order).first(500);
      made.turnTo(asked);
      float[] known = known(500);
      try (Sampler sampler = Sampler.of(backend, made, new Sampler.Request(COUNT, 1, KEY))) {
        sampler.give(known, 500);
        made.turnTo(made.order(0)); // too late for this sampler
        assertThat(sampler.position()).isEqualTo(500);
        sampler.next(new float[] {1, 0});
        float[] images = sampler.finish();
        assertThat(images[asked.pixel(500)]).isEqualTo(1);
        assertThat(images[784 + asked.pixel(500)]).isEqualTo(0);
        for (int p = 0; p < 500; p++) {
          assertThat(images[p]).isEqualTo(known[p]);
        }
      }
    }
  }
}
