package dev.hindsight.sample;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.image.ImageShape;
import dev.hindsight.model.ModelView;
import dev.hindsight.model.made.Made;
import dev.hindsight.model.made.MadeConfig;
import dev.hindsight.ops.Ops;
import dev.hindsight.random.RandomKey;
import dev.hindsight.sample.BatchSampler.Plan;
import dev.hindsight.sample.BatchSampler.Strategy;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import dev.hindsight.testing.BinaryPixels;
import java.util.Arrays;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

@Tag("slow")
class BatchSamplerTest {
  private static final RandomKey KEY = RandomKey.of(3);
  private static final float TEMPERATURE = 0.9f;

  private static Backend open(String name) {
    return name.equals("software-gpu") ? Backends.openSoftwareGpu() : Backends.open(name);
  }

  private static Made made(Backend backend, int hidden) {
    return MadeConfig.random(ImageShape.MNIST, hidden, 2, KEY).create(backend, KEY);
  }

  private static float[] known(int count) {
    return BinaryPixels.of(KEY.fold("known"), count * 784, 0.4f);
  }

  @Test
  void imagesDoNotDependOnTheBatchTheyAreDrawnIn() {
    try (Backend backend = open("cpu");
        Made made = made(backend, 24);
        Sampler all = Sampler.of(backend, made, new Sampler.Request(6, TEMPERATURE, KEY));
        BatchSampler pairs = new BatchSampler(backend, made, new Plan(2, TEMPERATURE, KEY))) {
      float[] want = all.finish();
      for (int first : new int[] {0, 2, 4, 0}) {
        assertThat(pairs.draw(first))
            .isEqualTo(Arrays.copyOfRange(want, first * 784, (first + 2) * 784));
      }
    }
  }

  /// Plain, captured and replayed twice, each with other images.
  @ParameterizedTest
  @CsvSource({"STEPS, 0", "STEPS, 500", "BEST, 0", "NAIVE, 700"})
  void aReplayedLoopDrawsWhatAPlainOneDoes(Strategy strategy, int given) {
    try (Backend backend = open("software-gpu");
        Made made = made(backend, 16);
        BatchSampler graph =
            new BatchSampler(backend, made, new Plan(2, TEMPERATURE, KEY, given, strategy, true));
        BatchSampler plain =
            new BatchSampler(
                backend, made, new Plan(2, TEMPERATURE, KEY, given, strategy, false))) {
      long reserved = 0;
      for (int batch = 0; batch < 4; batch++) {
        float[] known = known(2 * batch + 2);
        known = given == 0 ? new float[0] : Arrays.copyOfRange(known, batch * 1568, known.length);
        float[] want = plain.draw(2L * batch, known, pixel -> {});
        assertThat(graph.draw(2L * batch, known, pixel -> {}))
            .as("batch %d", batch)
            .isEqualTo(want);
        assertThat(graph.logits()).as("logits %d", batch).isEqualTo(plain.logits());
        assertThat(want).contains(0f, 1f);
        reserved = batch == 0 ? backend.reservedBytes() : reserved;
      }
      assertThat(backend.reservedBytes()).isEqualTo(reserved);
    }
    assertThat(Backends.softwareFindings()).isZero();
  }

  @ParameterizedTest
  @CsvSource({
    "cpu, 0, STEPS",
    "cpu, 1, STEPS",
    "cpu, 391, STEPS",
    "cpu, 783, STEPS",
    "cpu, 784, STEPS",
    "cpu, 391, BEST",
    "cpu, 783, NAIVE",
    "software-gpu, 391, STEPS",
    "software-gpu, 391, BEST"
  })
  void completionsKeepWhatIsGivenAndTheirLogitsAreTheFullPass(
      String name, int given, Strategy strategy) {
    int count = 3;
    try (Backend backend = open(name);
        Made made = made(backend, 24);
        BatchSampler sampler =
            new BatchSampler(backend, made, new Plan(count, 1, KEY, given, strategy, true));
        Scope scope = backend.open("test")) {
      float[] known = given == 0 ? new float[0] : known(count);
      float[] images = sampler.draw(0, known, pixel -> {});
      Tensor x = scope.floats(count, 784);
      backend.write(x, images);
      float[] want = backend.readFloats(made.logits(new Ops(backend, scope, null), x));
      float[] got = sampler.logits();
      for (int k = 0; k < want.length; k++) {
        if (k % 784 < given) {
          assertThat(images[k]).as("given pixel %d", k).isEqualTo(known[k]);
        }
        assertThat(Math.abs(got[k] - want[k]))
            .as("logit %d: sampler %s, forward %s", k, got[k], want[k])
            .isLessThanOrEqualTo(1e-5f * (1 + Math.abs(want[k])));
      }
      assertThat(images).containsOnly(0f, 1f);
    }
  }

  @Test
  void allWaysDrawTheSameImages() {
    try (Backend backend = open("cpu");
        Made made = made(backend, 24)) {
      float[] want = null;
      for (Strategy strategy : Strategy.values()) {
        try (BatchSampler sampler =
            new BatchSampler(backend, made, new Plan(2, 1, KEY, 0, strategy, true))) {
          float[] images = sampler.draw(5);
          assertThat(images).isEqualTo(want == null ? images : want);
          want = images;
        }
      }
    }
  }

  @Test
  void aSamplerIsGivenItsFirstPixelsOnce() {
    try (Backend backend = open("cpu");
        Made made = made(backend, 24);
        Sampler sampler = Sampler.of(backend, made, new Sampler.Request(2, 1, KEY))) {
      float[] known = known(2);
      assertThatThrownBy(() -> sampler.give(new float[784], 3))
          .hasMessage("sampler: 784 values were given for 2 images; wanted 1568");
      sampler.give(known, 391);
      assertThat(sampler.position()).isEqualTo(391);
      assertThat(Arrays.copyOf(sampler.finish(), 391)).isEqualTo(Arrays.copyOf(known, 391));
      assertThatThrownBy(() -> sampler.give(known, 3)).hasMessageContaining("got 3 after 784");
    }
  }

  @Test
  void workIsCountedExactly() {
    try (Backend backend = open("cpu");
        Made made = made(backend, 24)) {
      var request = new Sampler.Request(2, 1, KEY);
      try (Sampler best = Sampler.of(backend, made, request);
          Sampler naive = Sampler.naive(backend, made, request)) {
        assertThat(best.multiplyAddsPerImage()).isEqualTo(made.multiplyAdds());
        assertThat(naive.multiplyAddsPerImage()).isEqualTo(784 * made.multiplyAdds());
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "1, 1, BEST",
    "256, 256, BEST",
    "257, 129, STEPS",
    "1000, 250, BEST",
    "10000, 250, BEST",
    "32, 32, NAIVE",
    "33, 17, NAIVE",
    "256, 32, NAIVE"
  })
  void batchesAreNearlyFull(int count, int batch, Strategy strategy) {
    try (Backend backend = open("cpu");
        Made made = made(backend, 8)) {
      assertThat(BatchSampler.batchFor(made, count, strategy, Conditioning.NONE)).isEqualTo(batch);
    }
  }

  /// Whatever way was asked for, it is drawn by full forward passes.
  @ParameterizedTest
  @EnumSource
  void aModelWithoutASamplerGetsSmallBatches(Strategy strategy) {
    try (Backend backend = open("cpu");
        Made made = made(backend, 8)) {
      assertThat(BatchSampler.batchFor(new Forward(made), 250, strategy, Conditioning.NONE))
          .isEqualTo(32);
      assertThat(BatchSampler.batchFor(new Forward(made), 7, strategy, Conditioning.NONE))
          .isEqualTo(7);
    }
  }

  /// A model that brings no sampler.
  private record Forward(Made model) implements ModelView {
    @Override
    public Tensor logits(Ops ops, Tensor pixels) {
      return model.logits(ops, pixels);
    }
  }
}
