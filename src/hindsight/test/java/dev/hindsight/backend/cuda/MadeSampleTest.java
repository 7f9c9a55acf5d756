package dev.hindsight.backend.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Draw;
import dev.hindsight.backend.cuda.launch.LaunchGeometry;
import dev.hindsight.backend.draw.WholeImages;
import dev.hindsight.image.ImageShape;
import dev.hindsight.model.made.Made;
import dev.hindsight.model.made.MadeConfig;
import dev.hindsight.nn.Initialization;
import dev.hindsight.ops.Ops;
import dev.hindsight.random.Philox;
import dev.hindsight.random.RandomKey;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Shape;
import dev.hindsight.tensor.Tensor;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The kernel that draws whole images of a MADE, on the software GPU.
@Tag("slow")
class MadeSampleTest {
  private static final RandomKey KEY = RandomKey.of(7);
  private static final Draw DRAW = new Draw(KEY, 3);
  private static final float TEMPERATURE = 0.8f;

  @AfterEach
  void nothingWasFound() {
    SoftwareGpu.assertNoFindings();
  }

  /// A GPU of one multiprocessor gives a block as many images as there are, up to four.
  @ParameterizedTest
  @CsvSource({"1, 0", "2, 391", "3, 0", "5, 783", "5, 784"})
  void drawsWhatOnePixelAfterTheOtherWouldBe(int count, int from) {
    MadeConfig config = MadeConfig.random(ImageShape.MNIST, 37, 3, KEY);
    assertDrawsRight(config, count, from);
  }

  /// One layer and many units of one degree; a width that is a multiple of four and one that is
  /// not.
  @ParameterizedTest
  @CsvSource({"64", "61"})
  void unitsMayAllBecomeFinalAtOnce(int units) {
    MadeConfig config =
        new MadeConfig(
            ImageShape.MNIST,
            List.of(Collections.nCopies(units, 400), Collections.nCopies(units, 401)),
            Initialization.HE);
    assertDrawsRight(config, 2, 0);
  }

  private static void assertDrawsRight(MadeConfig config, int count, int from) {
    try (Backend gpu = SoftwareGpu.open(1);
        Made made = config.create(gpu, KEY);
        Scope scope = gpu.open("test")) {
      float[] biases = Philox.uniforms(KEY, 784);
      gpu.write(made.layers().getLast().bias().value(), biases);
      float[] known = Philox.uniforms(KEY.fold("known"), count * 784);
      for (int k = 0; k < known.length; k++) {
        known[k] = k % 784 >= from ? Float.NaN : known[k] < 0.3f ? 1 : 0;
      }
      float[] nothing = new float[known.length];
      Arrays.fill(nothing, Float.NaN);
      Guarded pixels = Guarded.of(gpu, scope, Shape.of(count, 784), known);
      Guarded logits = Guarded.of(gpu, scope, Shape.of(count, 784), nothing);
      Tensor draw = scope.floats(Draw.SIZE);
      gpu.write(draw, DRAW.pieces());
      Tensor flat = made.parameters().flat().value();
      assertThat(gpu.sampling().drawsMade(made.loop(), count)).isTrue();
      gpu.sampling()
          .made(
              made.loop(),
              flat,
              new WholeImages(draw, TEMPERATURE, from, pixels.inner(), logits.inner()));
      float[] images = pixels.read();
      float[] got = logits.read();
      float[] want = gpu.readFloats(made.logits(new Ops(gpu, scope, null), pixels.inner()));
      int[] block = new int[4];
      for (int k = 0; k < want.length; k++) {
        assertThat(Math.abs(got[k] - want[k]))
            .as("logit %d: kernel %s, forward %s", k, got[k], want[k])
            .isLessThanOrEqualTo(1e-5f * (1 + Math.abs(want[k])));
        double p = 1 / (1 + Math.exp(-got[k] / (double) TEMPERATURE));
        double u = Philox.uniform(KEY, DRAW.first() * 784 + k, block);
        if (k % 784 < from) {
          assertThat(images[k]).as("given pixel %d", k).isEqualTo(known[k]);
        } else if (Math.abs(u - p) > 1e-6) {
          assertThat(images[k]).as("pixel %d", k).isEqualTo(u < p ? 1 : 0);
        }
      }
    }
  }

  @Test
  void aModelThatDoesNotFitIsLeftToTheLoop() {
    try (Backend gpu = SoftwareGpu.open(8);
        Made made = MadeConfig.random(ImageShape.MNIST, 12_000, 1, KEY).create(gpu, KEY)) {
      assertThat(gpu.sampling().drawsMade(made.loop(), 1)).isFalse();
    }
  }

  @Test
  void aBlockHasNoMoreImagesThanKeepTheGpuBusyAndFit() {
    LaunchGeometry geometry = new LaunchGeometry(10);
    int[] rows = {1, 10, 11, 20, 21, 40, 1000};
    assertThat(Arrays.stream(rows).map(n -> geometry.imagesPerBlock(n, 1000)).toArray())
        .containsExactly(1, 1, 2, 2, 4, 4, 4);
    assertThat(geometry.imagesPerBlock(1000, 3856)).as("seed: three would fit").isEqualTo(2);
    assertThat(geometry.imagesPerBlock(1000, 12_224)).isEqualTo(1);
    assertThat(geometry.imagesPerBlock(1000, 12_225)).isZero();
  }
}
