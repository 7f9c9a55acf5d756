package dev.hindsight.sample;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.random.RandomKey;
import dev.hindsight.train.BuiltInModel;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// What drawing a pixel leaves behind on the heap and in a backend's memory.
class SamplerAllocationTest {
  private static final RandomKey KEY = RandomKey.of(3);
  private static final int MOST_SHEETS = 1000;
  private static final long ALLOWED = 1024;
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  /// No arrays and no tensors; where an op has several shares a description of them, some 100
  /// bytes. Until the JIT has compiled them, vector loops allocate, and on a busy machine that
  /// takes long; so the best of many pixels counts.
  @ParameterizedTest
  @EnumSource
  void drawingAPixelAllocatesNextToNothing(BuiltInModel small) {
    try (Backend backend = Backends.open("cpu");
        AutoregressiveModel model = SmallModels.small(small).create(backend, KEY)) {
      long least = Long.MAX_VALUE;
      long reserved = 0;
      for (int sheet = 0; sheet < MOST_SHEETS && least >= ALLOWED; sheet++) {
        try (Sampler sampler = Sampler.of(backend, model, new Sampler.Request(3, 1, KEY))) {
          while (sampler.hasNext()) {
            long before = THREADS.getCurrentThreadAllocatedBytes();
            sampler.next();
            long bytes = THREADS.getCurrentThreadAllocatedBytes() - before;
            boolean inside = sampler.position() > 300; // where all taps of a kernel exist
            least = inside ? Math.min(least, bytes) : least;
            reserved = sampler.position() == 30 && sheet == 0 ? backend.reservedBytes() : reserved;
          }
        }
      }
      assertThat(least).as("bytes for a pixel").isLessThan(ALLOWED);
      assertThat(backend.reservedBytes()).isEqualTo(reserved);
    }
  }

  @Test
  void samplersOfMoreAndMoreImagesHoldWhatTheLargestNeeds() {
    int most = 2000;
    assertThat(reserved(400, most)).isLessThan(reserved(most, most) * 5 / 4);
  }

  /// Bytes of a backend on which samplers of `least`, `least` + 400, … images were made.
  private static long reserved(int least, int most) {
    try (Backend backend = Backends.open("cpu");
        AutoregressiveModel model = SmallModels.small(BuiltInModel.MADE).create(backend, KEY)) {
      for (int count = least; count <= most; count += 400) {
        Sampler.of(backend, model, new Sampler.Request(count, 1, KEY)).close();
      }
      return backend.reservedBytes();
    }
  }
}
