package dev.hindsight.sample;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.model.GatedPixelCnnConfig;
import dev.hindsight.model.ModelConfig;
import dev.hindsight.model.PixelCnnConfig;
import dev.hindsight.ops.Ops;
import dev.hindsight.random.RandomKey;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The samplers of both PixelCNNs.
class ConvolutionSamplerTest {
  private static final RandomKey KEY = RandomKey.of(3);

  private static Backend open(String name) {
    return name.equals("software-gpu") ? Backends.openSoftwareGpu() : Backends.open(name);
  }

  private static ModelConfig config(String name, int filters, int layers, int kernel) {
    return name.equals("pixelcnn")
        ? new PixelCnnConfig(filters, layers, kernel)
        : new GatedPixelCnnConfig(filters, layers, kernel);
  }

  @ParameterizedTest
  @CsvSource({
    "pixelcnn, nd4j, 1, 3",
    "pixelcnn, nd4j, 64, 3",
    "pixelcnn, cpu, 1, 7",
    "pixelcnn, cpu, 3, 5",
    "pixelcnn, cpu, 64, 7",
    "pixelcnn, software-gpu, 3, 3",
    "gated-pixelcnn, nd4j, 64, 3",
    "gated-pixelcnn, cpu, 1, 7",
    "gated-pixelcnn, cpu, 3, 5",
    "gated-pixelcnn, cpu, 64, 7",
    "gated-pixelcnn, cpu, 2, 3",
    "gated-pixelcnn, software-gpu, 1, 3",
  })
  void logitsEqualTheFullForwardPass(String name, String where, int count, int kernel) {
    boolean slow = where.equals("software-gpu");
    try (Backend backend = open(where);
        AutoregressiveModel model =
            config(name, slow ? 2 : 6, slow ? 1 : 2, kernel).create(backend, KEY);
        Sampler sampler = Sampler.of(backend, model, new Sampler.Request(count, 1, KEY));
        Scope scope = backend.open("test")) {
      float[] images = sampler.finish();
      Tensor x = scope.floats(count, 784);
      backend.write(x, images);
      float[] want = backend.readFloats(model.logits(new Ops(backend, scope, null), x));
      float[] got = sampler.logits();
      for (int k = 0; k < want.length; k++) {
        assertThat(Math.abs(got[k] - want[k]))
            .as("logit %d: sampler %s, forward %s", k, got[k], want[k])
            .isLessThanOrEqualTo(1e-5f * (1 + Math.abs(want[k])));
      }
      assertThat(images).containsOnly(0f, 1f);
    }
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
