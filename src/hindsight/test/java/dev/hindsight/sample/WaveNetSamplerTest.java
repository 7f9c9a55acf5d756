package dev.hindsight.sample;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.model.wavenet.WaveNet;
import dev.hindsight.model.wavenet.WaveNetConfig;
import dev.hindsight.ops.Ops;
import dev.hindsight.random.RandomKey;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("slow")
class WaveNetSamplerTest {
  private static final RandomKey KEY = RandomKey.of(3);

  private static Backend open(String name) {
    return name.equals("software-gpu") ? Backends.openSoftwareGpu() : Backends.open(name);
  }

  /// With nine blocks the longest queue goes round three times; dilations begin again where the
  /// cycle is shorter than the blocks.
  @ParameterizedTest
  @CsvSource({
    "cpu, 7, 5, 2, 2",
    "cpu, 7, 9, 9, 3",
    "cpu, 7, 7, 3, 2",
    "cpu, 96, 9, 9, 2", // pairs of positions are filtered
    "software-gpu, 7, 3, 2, 1"
  })
  void logitsEqualTheFullForwardPass(String name, int channels, int blocks, int cycle, int count) {
    try (Backend backend = open(name);
        WaveNet net = new WaveNetConfig(channels, blocks, cycle).create(backend, KEY);
        Sampler sampler = Sampler.of(backend, net, new Sampler.Request(count, 1, KEY));
        Scope scope = backend.open("test")) {
      float[] images = sampler.finish();
      Tensor x = scope.floats(count, 784);
      backend.write(x, images);
      float[] want = backend.readFloats(net.logits(new Ops(backend, scope, null), x));
      float[] got = sampler.logits();
      for (int k = 0; k < want.length; k++) {
        assertThat(got[k])
            .as("logit %d", k)
            .isCloseTo(want[k], within(1e-5f * (1 + Math.abs(want[k]))));
      }
      assertThat(images).containsOnly(0f, 1f);
    }
  }

  @Test
  void drawsTheSamePixelsAsTheNaiveSampler() {
    try (Backend backend = Backends.open("cpu");
        WaveNet net = new WaveNetConfig(4, 5, 5).create(backend, KEY)) {
      Sampler.Request request = new Sampler.Request(2, 0.9f, KEY);
      try (Sampler fast = Sampler.of(backend, net, request);
          Sampler naive = Sampler.naive(backend, net, request)) {
        assertThat(fast.finish()).isEqualTo(naive.finish());
      }
    }
  }

  @Test
  void reservesNothingFromPixelToPixel() {
    try (Backend backend = Backends.open("cpu");
        WaveNet net = new WaveNetConfig(4, 9, 9).create(backend, KEY);
        Sampler sampler = Sampler.of(backend, net, new Sampler.Request(2, 1, KEY))) {
      sampler.next();
      long reserved = backend.reservedBytes();
      sampler.finish();
      assertThat(backend.reservedBytes()).isEqualTo(reserved);
    }
  }
}
