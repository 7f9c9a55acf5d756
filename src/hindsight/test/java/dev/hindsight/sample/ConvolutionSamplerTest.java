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
import dev.hindsight.sample.BatchSampler.Way;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The samplers of both PixelCNNs.
class ConvolutionSamplerTest {
  private static final RandomKey KEY = RandomKey.of(3);

  private static ModelConfig config(String name, int filters, int layers, int kernel) {
    return name.equals("pixelcnn")
        ? new PixelCnnConfig(filters, layers, kernel, 0, false)
        : new GatedPixelCnnConfig(filters, layers, kernel, false, false);
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

  /// With a kernel that reaches over four rows, by the kernel that draws whole images and without.
  @ParameterizedTest
  @CsvSource({
    "pixelcnn, cpu, 37, BEST",
    "pixelcnn, cpu, 2, BEST",
    "pixelcnn, software-gpu, 2, BEST",
    "pixelcnn, software-gpu, 1, STEPS",
    "gated-pixelcnn, cpu, 37, BEST",
    "gated-pixelcnn, cpu, 2, BEST",
    "gated-pixelcnn, software-gpu, 2, BEST",
    "gated-pixelcnn, software-gpu, 1, STEPS",
  })
  void withPositionsLogitsEqualTheFullForwardPass(String name, String where, int images, Way way) {
    boolean software = where.equals("software-gpu");
    ModelConfig config =
        name.equals("pixelcnn")
            ? new PixelCnnConfig(4, 1, 9, 1, true)
            : new GatedPixelCnnConfig(3, 2, 9, true, true);
    try (Backend backend = software ? Backends.openSoftwareGpu() : Backends.open(where);
        AutoregressiveModel model = config.create(backend, KEY);
        BatchSampler sampler =
            new BatchSampler(backend, model, new Plan(images, 1, KEY, 0, way, true))) {
      assertThat(Sampler.drawsAtOnce(backend, model, images)).isEqualTo(software);
      float[] drawn = sampler.draw(0);
      assertThat(drawn).contains(0f, 1f);
      FullPass.assertLogits(backend, model, drawn, sampler.logits());
    }
    assertThat(Backends.softwareFindings()).isZero();
  }

  @Test
  void costsAForwardPassAtMost() {
    try (Backend backend = Backends.open("cpu")) {
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
