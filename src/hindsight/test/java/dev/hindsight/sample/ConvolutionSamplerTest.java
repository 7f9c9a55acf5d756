package dev.hindsight.sample;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.model.ModelConfig;
import dev.hindsight.model.gatedpixelcnn.GatedPixelCnnConfig;
import dev.hindsight.model.pixelcnn.PixelCnnConfig;
import dev.hindsight.random.RandomKey;
import dev.hindsight.sample.BatchSampler.Plan;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The samplers of both PixelCNNs.
class ConvolutionSamplerTest {
  private static final RandomKey KEY = RandomKey.of(3);

  private static ModelConfig config(String name, int filters, int layers, int kernel) {
    return name.equals("pixelcnn")
        ? new PixelCnnConfig(filters, layers, kernel)
        : new GatedPixelCnnConfig(filters, layers, kernel);
  }

  @ParameterizedTest
  @CsvSource({"pixelcnn", "gated-pixelcnn"})
  void reservesNothingForAPixel(String name) {
    try (Backend backend = Backends.open("cpu");
        AutoregressiveModel model = config(name, 6, 2, 5).create(backend, KEY);
        Sampler sampler = Sampler.of(backend, model, new Sampler.Request(3, 1, KEY))) {
      for (int pixel = 0; pixel < 28; pixel++) { // a whole row, after which the other stack runs
        sampler.next();
      }
      long reserved = backend.reservedBytes();
      sampler.finish();
      assertThat(backend.reservedBytes()).isEqualTo(reserved);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "pixelcnn, cpu, 37",
    "pixelcnn, nd4j, 2",
    "pixelcnn, software-gpu, 2",
    "gated-pixelcnn, cpu, 37",
    "gated-pixelcnn, nd4j, 2",
    "gated-pixelcnn, software-gpu, 2",
  })
  void withPositionsLogitsEqualTheFullForwardPass(String name, String where, int images) {
    ModelConfig config =
        name.equals("pixelcnn")
            ? new PixelCnnConfig(4, 1, 3, 1, 1)
            : new GatedPixelCnnConfig(3, 2, 3, 1, 1);
    try (Backend backend =
            where.equals("software-gpu") ? Backends.openSoftwareGpu() : Backends.open(where);
        AutoregressiveModel model = config.create(backend, KEY);
        BatchSampler sampler = new BatchSampler(backend, model, new Plan(images, 1, KEY))) {
      float[] drawn = sampler.draw(0);
      assertThat(drawn).contains(0f, 1f);
      FullPass.assertLogits(backend, model, drawn, sampler.logits());
    }
    assertThat(Backends.softwareFindings()).isZero();
  }

  @Test
  void costsAForwardPassAtMost() {
    try (Backend backend = Backends.open("nd4j")) {
      for (String name : new String[] {"pixelcnn", "gated-pixelcnn"}) {
        try (AutoregressiveModel model = config(name, 6, 2, 5).create(backend, KEY);
            Sampler sampler = Sampler.of(backend, model, new Sampler.Request(1, 1, KEY))) {
          assertThat(sampler.multiplyAddsPerImage() / (double) model.multiplyAdds())
              .isBetween(0.9, 1.0);
        }
      }
    }
  }
}
