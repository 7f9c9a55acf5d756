package dev.hindsight.sample;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.model.Lstm;
import dev.hindsight.model.LstmConfig;
import dev.hindsight.ops.Ops;
import dev.hindsight.random.RandomKey;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LstmSamplerTest {
  private static final RandomKey KEY = RandomKey.of(3);

  private static Backend open(String name) {
    return name.equals("software-gpu") ? Backends.openSoftwareGpu() : Backends.open(name);
  }

  @ParameterizedTest
  @CsvSource({
    "nd4j, 1, 9, 2",
    "nd4j, 3, 16, 1",
    "nd4j, 64, 5, 1",
    "cpu, 1, 33, 2",
    "cpu, 3, 100, 1",
    "cpu, 64, 65, 2",
    "software-gpu, 2, 5, 1"
  })
  void logitsEqualTheFullForwardPass(String name, int count, int hidden, int layers) {
    try (Backend backend = open(name);
        Lstm lstm = new LstmConfig(hidden, layers).create(backend, KEY);
        Sampler sampler = Sampler.of(backend, lstm, new Sampler.Request(count, 1, KEY));
        Scope scope = backend.open("test")) {
      float[] images = sampler.finish();
      Tensor x = scope.floats(count, 784);
      backend.write(x, images);
      float[] want = backend.readFloats(lstm.logits(new Ops(backend, scope, null), x));
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

  /// Until the JIT has compiled them, loops allocate; so the best of many pixels counts.
  @Test
  void allocatesNextToNothingPerPixel() {
    var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    try (Backend backend = Backends.open("cpu");
        Lstm lstm = new LstmConfig(20, 1).create(backend, KEY)) {
      long least = Long.MAX_VALUE;
      long reserved = 0;
      for (int sheet = 0; sheet < 8; sheet++) {
        try (Sampler sampler = Sampler.of(backend, lstm, new Sampler.Request(3, 1, KEY))) {
          while (sampler.hasNext()) {
            long before = threads.getCurrentThreadAllocatedBytes();
            sampler.next();
            least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
            reserved = reserved == 0 ? backend.reservedBytes() : reserved;
          }
        }
      }
      assertThat(least).isLessThan(3000); // descriptions of shares, no arrays
      assertThat(backend.reservedBytes()).isEqualTo(reserved);
    }
  }
}
