package dev.hindsight.sample;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.model.Lstm;
import dev.hindsight.model.LstmConfig;
import dev.hindsight.random.RandomKey;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;

class LstmSamplerTest {
  private static final RandomKey KEY = RandomKey.of(3);

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
