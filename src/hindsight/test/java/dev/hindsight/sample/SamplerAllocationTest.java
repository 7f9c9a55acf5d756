package dev.hindsight.sample;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.random.RandomKey;
import dev.hindsight.train.BuiltInModel;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// What drawing leaves behind in a backend's memory.
class SamplerAllocationTest {
  private static final RandomKey KEY = RandomKey.of(3);

  @ParameterizedTest
  @EnumSource
  void noPixelButTheFirstReservesMemory(BuiltInModel small) {
    try (Backend backend = Backends.open("cpu");
        AutoregressiveModel model = SmallModels.small(small).create(backend, KEY);
        Sampler sampler = Sampler.of(backend, model, new Sampler.Request(3, 1, KEY))) {
      sampler.next();
      long reserved = backend.reservedBytes();
      sampler.finish();
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
