package dev.hindsight.sample;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.model.Made;
import dev.hindsight.model.MadeConfig;
import dev.hindsight.model.Transformer;
import dev.hindsight.model.TransformerConfig;
import dev.hindsight.ops.Ops;
import dev.hindsight.random.RandomKey;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SamplerTest {
  private static final RandomKey KEY = RandomKey.of(3);

  private static Backend open(String name) {
    return name.equals("software-gpu") ? Backends.openSoftwareGpu() : Backends.open(name);
  }

  @ParameterizedTest
  @CsvSource({
    "nd4j, 1",
    "nd4j, 3",
    "nd4j, 64",
    "cpu, 1",
    "cpu, 3",
    "cpu, 64",
    "software-gpu, 1",
    "software-gpu, 3"
  })
  void logitsEqualTheFullForwardPass(String name, int count) {
    try (Backend backend = open(name);
        Made made = MadeConfig.random(96, 3, KEY).create(backend, KEY);
        Sampler sampler = Sampler.of(backend, made, new Sampler.Request(count, 1, KEY));
        Scope scope = backend.open("test")) {
      float[] images = sampler.finish();
      Tensor x = scope.floats(count, 784);
      backend.write(x, images);
      float[] want = backend.readFloats(made.logits(new Ops(backend, scope, null), x));
      float[] got = sampler.logits();
      for (int k = 0; k < want.length; k++) {
        float allowed = 1e-5f * (1 + Math.abs(want[k]));
        assertThat(Math.abs(got[k] - want[k]))
            .as("logit %d: sampler %s, forward %s", k, got[k], want[k])
            .isLessThanOrEqualTo(allowed);
      }
      assertThat(images).containsOnly(0f, 1f);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "nd4j, 1",
    "nd4j, 3",
    "cpu, 1",
    "cpu, 3",
    "cpu, 64",
    "software-gpu, 1",
    "software-gpu, 3"
  })
  void theTransformersLogitsEqualItsFullForwardPass(String name, int count) {
    try (Backend backend = open(name);
        Transformer model = new TransformerConfig(16, 2, 2, 0).create(backend, KEY);
        Sampler sampler = Sampler.of(backend, model, new Sampler.Request(count, 1, KEY));
        Scope scope = backend.open("test")) {
      sampler.next();
      long reserved = backend.reservedBytes();
      float[] images = sampler.finish();
      assertThat(backend.reservedBytes()).isEqualTo(reserved);
      Tensor x = scope.floats(count, 784);
      backend.write(x, images);
      float[] want = backend.readFloats(model.logits(new Ops(backend, scope, null), x));
      float[] got = sampler.logits();
      for (int k = 0; k < want.length; k++) {
        assertThat(got[k]).as("logit %d", k).isCloseTo(want[k], within(2e-5f));
      }
      assertThat(images).containsOnly(0f, 1f);
      assertThat(sampler.multiplyAddsPerImage())
          .isLessThanOrEqualTo(model.multiplyAdds() * 11 / 10);
    }
  }

  @Test
  void drawsTheSamePixelsAsTheNaiveSampler() {
    try (Backend backend = Backends.open("nd4j");
        Made made = MadeConfig.random(48, 2, KEY).create(backend, KEY)) {
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

  @Test
  void theSameKeyDrawsTheSameImagesWhateverTheBatch() {
    try (Backend backend = Backends.open("nd4j");
        Made made = MadeConfig.random(48, 2, KEY).create(backend, KEY);
        Sampler one = Sampler.of(backend, made, new Sampler.Request(1, 1, KEY));
        Sampler five = Sampler.of(backend, made, new Sampler.Request(5, 1, KEY))) {
      assertThat(Arrays.copyOf(five.finish(), 784)).isEqualTo(one.finish());
    }
  }

  @Test
  void canBeWatchedPixelByPixelAndEndsAt784() {
    try (Backend backend = Backends.open("nd4j");
        Made made = MadeConfig.random(16, 1, KEY).create(backend, KEY);
        Sampler sampler = Sampler.of(backend, made, new Sampler.Request(2, 1, KEY))) {
      sampler.next();
      assertThat(sampler.position()).isEqualTo(1);
      sampler.finish();
      assertThat(sampler.hasNext()).isFalse();
      assertThatThrownBy(sampler::next).hasMessageContaining("all pixels are drawn");
    }
  }
}
