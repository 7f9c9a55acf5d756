package dev.hindsight.sample;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.error.NotFiniteException;
import dev.hindsight.image.ImageShape;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.model.made.Made;
import dev.hindsight.model.made.MadeConfig;
import dev.hindsight.ops.Ops;
import dev.hindsight.random.Philox;
import dev.hindsight.random.RandomKey;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import dev.hindsight.train.BuiltInModel;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class SamplerTest {
  private static final RandomKey KEY = RandomKey.of(3);

  @Test
  void drawsTheSamePixelsAsTheNaiveSampler() {
    try (Backend backend = Backends.open("cpu");
        Made made = MadeConfig.random(ImageShape.MNIST, 48, 2, KEY).create(backend, KEY)) {
      Sampler.Request request = new Sampler.Request(2, 0.9f, KEY);
      try (Sampler fast = Sampler.of(backend, made, request);
          Sampler naive = Sampler.naive(backend, made, request)) {
        float[] a = fast.finish();
        float[] b = naive.finish();
        long different = 0;
        for (int k = 0; k < a.length; k++) {
          different += a[k] == b[k] ? 0 : 1;
        }
        assertThat(different).isZero();
      }
    }
  }

  /// The law of drawing itself: two samplers that drew nothing would agree.
  @Test
  void aPixelIsWhiteWhereItsUniformIsBelowItsProbability() {
    float temperature = 0.9f;
    int first = 5;
    try (Backend backend = Backends.open("cpu");
        Made made = MadeConfig.random(ImageShape.MNIST, 48, 2, KEY).create(backend, KEY);
        Sampler one = Sampler.of(backend, made, new Sampler.Request(3, temperature, KEY));
        BatchSampler batch =
            new BatchSampler(backend, made, new BatchSampler.Plan(3, temperature, KEY))) {
      assertDrawn(backend, made, one.finish(), one.logits(), 0, temperature);
      assertDrawn(backend, made, batch.draw(first), batch.logits(), first, temperature);
    }
  }

  private static void assertDrawn(
      Backend backend, Made made, float[] images, float[] logits, long first, float temperature) {
    float[] want;
    try (Scope scope = backend.open("test")) {
      Tensor x = scope.floats(images.length / 784, 784);
      backend.write(x, images);
      want = backend.readFloats(made.logits(new Ops(backend, scope, null), x));
    }
    int[] block = new int[4];
    for (int k = 0; k < images.length; k++) {
      assertThat(logits[k]).as("logit %d", k).isCloseTo(want[k], within(2e-5f));
      double probability = 1 / (1 + Math.exp(-logits[k] / temperature));
      double uniform = Philox.uniform(KEY, first * 784 + k, block);
      if (Math.abs(uniform - probability) > 1e-6) {
        assertThat(images[k]).as("pixel %d", k).isEqualTo(uniform < probability ? 1 : 0);
      }
    }
    assertThat(images).contains(0, 1);
  }

  /// All weights are finite, what they add up to is not.
  @Test
  void logitsThatOverflowAreNoImages() {
    try (Backend backend = Backends.open("cpu");
        Made made = MadeConfig.random(ImageShape.MNIST, 8, 1, KEY).create(backend, KEY);
        BatchSampler sampler = new BatchSampler(backend, made, new BatchSampler.Plan(2, 1, KEY))) {
      backend.fill(made.parameters().flat().value(), Float.MAX_VALUE);
      assertThatThrownBy(() -> sampler.draw(6))
          .isInstanceOf(NotFiniteException.class)
          .hasMessageStartingWith("image 6, row ")
          .hasMessageEndingWith("; use other weights or train again");
    }
  }

  /// The same where pixels are drawn one by one, on a backend without a kernel and on one with it.
  @ParameterizedTest
  @CsvSource({"cpu, false", "cpu, true", "software-gpu, false"})
  void logitsThatOverflowFinishNoImages(String name, boolean naive) {
    boolean gpu = name.equals("software-gpu");
    try (Backend backend = gpu ? Backends.openSoftwareGpu() : Backends.open(name);
        Made made = MadeConfig.random(ImageShape.MNIST, 8, 1, KEY).create(backend, KEY)) {
      Sampler.Request request = new Sampler.Request(2, 1, KEY);
      try (Sampler sampler =
          naive ? Sampler.naive(backend, made, request) : Sampler.of(backend, made, request)) {
        backend.fill(made.parameters().flat().value(), Float.MAX_VALUE);
        assertThatThrownBy(sampler::finish)
            .isInstanceOf(NotFiniteException.class)
            .hasMessageStartingWith("image 0, row ")
            .hasMessageEndingWith("; use other weights or train again");
      }
    }
  }

  @Test
  void theSameKeyDrawsTheSameImagesWhateverTheBatch() {
    try (Backend backend = Backends.open("cpu");
        Made made = MadeConfig.random(ImageShape.MNIST, 48, 2, KEY).create(backend, KEY);
        Sampler one = Sampler.of(backend, made, new Sampler.Request(1, 1, KEY));
        Sampler five = Sampler.of(backend, made, new Sampler.Request(5, 1, KEY))) {
      assertThat(Arrays.copyOf(five.finish(), 784)).isEqualTo(one.finish());
    }
  }

  @Test
  void canBeWatchedPixelByPixelAndEndsAt784() {
    try (Backend backend = Backends.open("cpu");
        Made made = MadeConfig.random(ImageShape.MNIST, 16, 1, KEY).create(backend, KEY);
        Sampler sampler = Sampler.of(backend, made, new Sampler.Request(2, 1, KEY))) {
      sampler.next();
      assertThat(sampler.position()).isEqualTo(1);
      sampler.finish();
      assertThat(sampler.hasNext()).isFalse();
      assertThatThrownBy(sampler::next).hasMessageContaining("all values are drawn");
    }
  }

  /// Peeking changes nothing, and a forced pixel leads to the same state as a given one.
  @ParameterizedTest
  @EnumSource
  void canBeSteeredInTheMiddle(BuiltInModel small) {
    try (Backend backend = Backends.open("cpu");
        AutoregressiveModel model = small.tiny().create(backend, KEY)) {
      Sampler.Request request = new Sampler.Request(2, 1, KEY);
      float[] want;
      try (Sampler sampler = Sampler.of(backend, model, request)) {
        want = sampler.finish();
      }
      try (Sampler steered = Sampler.of(backend, model, request)) {
        while (steered.position() < 300) {
          assertThat(steered.nextLogits()).isEqualTo(steered.nextLogits());
          steered.next();
        }
        int at = steered.position();
        assertThat(steered.pixel(at - 1)).containsExactly(want[at - 1], want[784 + at - 1]);
        float[] logits = steered.nextLogits();
        float[] other = {1 - want[at], 1 - want[784 + at]};
        steered.next(other);
        assertThat(steered.logits(at)).isEqualTo(logits);
        assertThat(steered.pixel(at)).isEqualTo(other);
        assertThatThrownBy(() -> steered.logits(at + 1)).hasMessageContaining("is not drawn");
        float[] images = steered.finish();
        try (Sampler given = Sampler.of(backend, model, request)) {
          given.give(images, at + 1);
          assertThat(given.finish()).isEqualTo(images);
        }
      }
    }
  }

  @Test
  void whatCannotBeIsRefused() {
    try (Backend backend = Backends.open("cpu");
        Made made = MadeConfig.random(ImageShape.MNIST, 16, 1, KEY).create(backend, KEY);
        Sampler sampler = Sampler.of(backend, made, new Sampler.Request(2, 1, KEY))) {
      assertThatThrownBy(() -> new Sampler.Request(0, 1, KEY))
          .hasMessageContaining("got 0 and 1.0");
      assertThatThrownBy(() -> new Sampler.Request(1, Float.NaN, KEY)).hasMessageContaining("NaN");
      assertThatThrownBy(() -> sampler.next(new float[1]))
          .hasMessage("sampler: 1 values were given; wanted one for each of 2 images");
      assertThatThrownBy(() -> sampler.next(new float[] {0, 0.5f}))
          .hasMessage("sampler: a given value must be a level, 0 to 1, but value 1 is 0.5");
      float[] grey = new float[2 * 784];
      grey[785] = 0.5f;
      assertThatThrownBy(() -> sampler.give(grey, 2)).hasMessageContaining("value 785 is 0.5");
      sampler.give(grey, 1);
      assertThat(sampler.position()).isOne();
    }
  }
}
