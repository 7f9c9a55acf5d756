package dev.hindsight.sample;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.image.ImageShape;
import dev.hindsight.model.BernoulliHead;
import dev.hindsight.model.PixelOrder;
import dev.hindsight.model.made.MadeConfig;
import dev.hindsight.model.symmetric.SymmetricConfig;
import dev.hindsight.model.symmetric.SymmetricModel;
import dev.hindsight.random.Philox;
import dev.hindsight.random.RandomKey;
import dev.hindsight.sample.BatchSampler.Plan;
import dev.hindsight.sample.BatchSampler.Strategy;
import dev.hindsight.testing.BinaryPixels;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Drawing in another order than raster order.
@Tag("slow")
class OrderedSamplerTest {
  private static final RandomKey KEY = RandomKey.of(3);
  private static final int COUNT = 2;

  private static Backend open(String name) {
    return name.equals("software-gpu") ? Backends.openSoftwareGpu() : Backends.open(name);
  }

  private static SymmetricModel made(Backend backend) {
    MadeConfig one = MadeConfig.random(ImageShape.MNIST, 24, 2, KEY).with(new BernoulliHead(), 4);
    SymmetricModel made = new SymmetricConfig(one, 4).create(backend, KEY);
    float[] bias = Philox.uniforms(KEY.fold("bias"), 784); // else all pixels are alike
    for (int k = 0; k < bias.length; k++) {
      bias[k] = 6 * bias[k] - 3;
    }
    backend.write(made.outputBias().value(), bias);
    return made;
  }

  /// Its full passes follow the model, its pixels would not.
  @Test
  void aNaiveSamplerRefusesAModelThatWasTurned() {
    try (Backend backend = open("cpu");
        SymmetricModel made = made(backend)) {
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

  /// A recorded loop reads the order from memory, so a replay is in the order of now.
  @ParameterizedTest
  @ValueSource(strings = {"STEPS", "BEST"})
  void aReplayedLoopKeepsItsOrder(Strategy strategy) {
    try (Backend backend = open("software-gpu");
        SymmetricModel made = made(backend);
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
        SymmetricModel made = made(backend)) {
      PixelOrder asked = made.order(order);
      made.turnTo(asked);
      float[] known = BinaryPixels.of(KEY.fold("known"), COUNT * 784, 0.4f);
      try (Sampler sampler = Sampler.of(backend, made, new Sampler.Request(COUNT, 1, KEY))) {
        sampler.give(known, 500);
        made.turnTo(made.order(0)); // too late for this sampler
        assertThat(sampler.position()).isEqualTo(500);
        sampler.next(new float[] {1, 0});
        float[] images = sampler.finish();
        assertThat(images[asked.pixel(500)]).isEqualTo(1);
        assertThat(images[784 + asked.pixel(500)]).isEqualTo(0);
        for (int place = 0; place < 500; place++) {
          int pixel = asked.pixel(place);
          assertThat(images[pixel]).isEqualTo(known[pixel]);
        }
      }
    }
  }
}
