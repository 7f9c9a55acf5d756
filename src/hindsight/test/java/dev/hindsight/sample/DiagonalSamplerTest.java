package dev.hindsight.sample;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.model.pixelrnn.PixelRnnConfig;
import dev.hindsight.nn.ImageLstm.Kind;
import dev.hindsight.random.RandomKey;
import dev.hindsight.sample.BatchSampler.Plan;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The sampler of a PixelRNN with Diagonal BiLSTMs, which goes pixel by pixel where the model goes
/// diagonal by diagonal.
class DiagonalSamplerTest {
  private static final RandomKey KEY = RandomKey.of(3);

  private static Backend open(String name) {
    return name.equals("software-gpu") ? Backends.openSoftwareGpu() : Backends.open(name);
  }

  @ParameterizedTest
  @CsvSource({"cpu, 9, 2, 1", "cpu, 9, 2, 37", "cpu, 3, 2, 2", "software-gpu, 3, 1, 2"})
  void logitsEqualTheFullForwardPass(String name, int hidden, int layers, int images) {
    try (Backend backend = open(name);
        AutoregressiveModel model =
            new PixelRnnConfig(hidden, layers, Kind.DIAGONAL).create(backend, KEY);
        BatchSampler sampler = new BatchSampler(backend, model, new Plan(images, 1, KEY))) {
      float[] drawn = sampler.draw(0);
      assertThat(drawn).contains(0f, 1f);
      FullPass.assertLogits(backend, model, drawn, sampler.logits());
    }
    assertThat(Backends.softwareFindings()).isZero();
  }

  @Test
  void reservesNothingForAPixelAndCostsAForwardPass() {
    try (Backend backend = Backends.open("cpu");
        AutoregressiveModel model = new PixelRnnConfig(6, 2, Kind.DIAGONAL).create(backend, KEY);
        Sampler sampler = Sampler.of(backend, model, new Sampler.Request(3, 1, KEY))) {
      assertThat(sampler.multiplyAddsPerImage()).isEqualTo(model.multiplyAdds());
      for (int pixel = 0; pixel < 29; pixel++) { // the LSTM from the right has gone through a row
        sampler.next();
      }
      long reserved = backend.reservedBytes();
      sampler.finish();
      assertThat(backend.reservedBytes()).isEqualTo(reserved);
    }
  }
}
