package dev.hindsight.sample;

import static dev.hindsight.testing.Tensors.ints;
import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.backend.Draw;
import dev.hindsight.backend.draw.WholeImages;
import dev.hindsight.image.ImageShape;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.model.Head;
import dev.hindsight.model.ModelConfig;
import dev.hindsight.model.gatedpixelcnn.GatedPixelCnnConfig;
import dev.hindsight.model.pixelcnn.PixelCnnConfig;
import dev.hindsight.model.pixelsnail.PixelSnailConfig;
import dev.hindsight.model.transformer.TransformerConfig;
import dev.hindsight.model.wavenet.WaveNetConfig;
import dev.hindsight.ops.Ops;
import dev.hindsight.random.Philox;
import dev.hindsight.random.RandomKey;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// The kernel that draws whole images pixel by pixel, on the software GPU: its logits against the
/// full forward pass on the processor. Two rows of an image and some pixels have all that is in a
/// whole one, and take a tenth of the time; a sequence without rows has it in 66 pixels, two more
/// than keys are looked at together. What is in a whole image is in [SamplerMatrixTest].
@Tag("slow")
class PixelLoopTest {
  private static final RandomKey KEY = RandomKey.of(3);
  private static final int ALL = ImageShape.MNIST.pixels();
  private static final int ROWS = 2 * ImageShape.MNIST.width() + 2;
  private static final int MANY_ROWS = 5 * ImageShape.MNIST.width() + 6; // of a 9 x 9 kernel, all
  private static final int SEQUENCE = 66;
  private static final float TEMPERATURE = 0.9f;
  private static final Backend GPU = Backends.openSoftwareGpu();

  @AfterAll
  static void nothingWasFound() {
    GPU.close();
    assertThat(Backends.softwareFindings()).isZero();
  }

  /// What is drawn: the first pixels of some images.
  ///
  /// @param from how many of these are given
  record Case(ModelConfig config, int count, int drawn, int from) {
    int values() {
      return count * drawn;
    }

    /// Any pixels, NaN where none is given.
    float[] known() {
      float[] values = Philox.uniforms(KEY.fold("known"), values());
      for (int k = 0; k < values.length; k++) {
        values[k] = k % drawn >= from ? Float.NaN : values[k] < 0.4f ? 1 : 0;
      }
      return values;
    }
  }

  /// Values of each pixel drawn.
  @SuppressWarnings("ArrayRecordComponent") // nobody compares them
  private record Drawn(float[] pixels, float[] logits) {}

  private static Drawn draw(AutoregressiveModel model, Case what, float[] known) {
    try (Scope operands = GPU.open("operands");
        Scope scope = GPU.open("loop")) {
      Tensor draw = ints(GPU, operands, new Draw(KEY, 2).words());
      Tensor pixels = operands.floats(what.count(), what.drawn());
      Tensor logits = operands.floats(what.count(), what.drawn());
      GPU.write(pixels, known);
      SampledModel own = (SampledModel) model;
      assertThat(own.drawsAtOnce(GPU, what.count())).isTrue();
      own.drawAtOnce(GPU, scope, new WholeImages(draw, TEMPERATURE, what.from(), pixels, logits));
      return new Drawn(GPU.readFloats(pixels), GPU.readFloats(logits));
    }
  }

  /// The logits of the same pixels, by the full pass.
  private static float[] fullPass(Case what, float[] pixels) {
    try (Backend cpu = Backends.open("cpu");
        AutoregressiveModel model = what.config().create(cpu, KEY);
        Scope scope = cpu.open("test")) {
      float[] whole = new float[what.count() * ALL];
      for (int n = 0; n < what.count(); n++) {
        System.arraycopy(pixels, n * what.drawn(), whole, n * ALL, what.drawn());
      }
      Tensor x = scope.floats(what.count(), ALL);
      cpu.write(x, whole);
      float[] logits = cpu.readFloats(model.logits(new Ops(cpu, scope, null), x));
      float[] first = new float[what.values()];
      for (int n = 0; n < what.count(); n++) {
        System.arraycopy(logits, n * ALL, first, n * what.drawn(), what.drawn());
      }
      return first;
    }
  }

  /// Channels that are no multiple of 4 and that are; more images than a tile has; more inputs than
  /// lie in shared memory at a time (25 taps of 28); skip connections, residual blocks and
  /// embeddings of places, more terms than a warp has lanes; one block and several; queues that go
  /// round; none, some and all of the pixels given. Heads of 1, 3, 5, 40 and 66 channels; hidden
  /// units of one slice and of several, the last of which is cut short.
  static Stream<Case> models() {
    return Stream.of(
        new Case(new WaveNetConfig(ImageShape.MNIST, 3, 2, 2), 25, 5, 0),
        new Case(new WaveNetConfig(ImageShape.MNIST, 8, 5, 5), 3, 34, 31),
        new Case(new WaveNetConfig(ImageShape.MNIST, 7, 1, 1), 1, 5, 0),
        new Case(new PixelCnnConfig(ImageShape.MNIST, 6, 2, 7, 1, false), 2, ROWS, 0),
        new Case(new PixelCnnConfig(ImageShape.MNIST, 8, 0, 3, 1, false), 1, ROWS, 29),
        new Case(new PixelCnnConfig(ImageShape.MNIST, 5, 1, 9, 0, true), 1, MANY_ROWS, 0),
        new Case(new GatedPixelCnnConfig(ImageShape.MNIST, 5, 2, 3, false, false), 2, ROWS, 0),
        new Case(new GatedPixelCnnConfig(ImageShape.MNIST, 28, 1, 7, true, false), 1, ROWS, ROWS),
        new Case(new GatedPixelCnnConfig(ImageShape.MNIST, 3, 1, 9, false, true), 1, MANY_ROWS, 31),
        new Case(
            new PixelSnailConfig(ImageShape.MNIST, Head.of(ImageShape.MNIST), 0, 6, 2, 2, 5, 2),
            2,
            ROWS,
            29),
        new Case(new TransformerConfig(ImageShape.MNIST, 6, 1, 2, 0), 2, SEQUENCE, 0),
        new Case(new TransformerConfig(ImageShape.MNIST, 16, 2, 2, 0.1f), 1, SEQUENCE, 62),
        new Case(new TransformerConfig(ImageShape.MNIST, 3, 1, 3, 0), 3, 5, 0),
        new Case(new TransformerConfig(ImageShape.MNIST, 9, 2, 3, 0), 64, 3, 2),
        new Case(new TransformerConfig(ImageShape.MNIST, 15, 2, 3, 0), 1, 5, 0),
        new Case(new TransformerConfig(ImageShape.MNIST, 40, 2, 1, 0), 3, 4, 0),
        new Case(new TransformerConfig(ImageShape.MNIST, 132, 1, 2, 0), 2, 3, 0));
  }

  @ParameterizedTest
  @MethodSource("models")
  void drawsFromTheLogitsOfTheFullPass(Case what) {
    float[] known = what.known();
    Drawn drawn;
    try (AutoregressiveModel model = what.config().create(GPU, KEY)) {
      try (Scope scope = GPU.open("loop")) { // what nobody has written is NaN
        GPU.fill(scope.floats(1 << 18), Float.NaN);
      }
      drawn = draw(model, what, known);
    }
    float[] pixels = drawn.pixels();
    assertThat(pixels).containsOnly(0f, 1f);
    float[] want = fullPass(what, pixels);
    int[] block = new int[4];
    for (int k = 0; k < pixels.length; k++) {
      int pixel = k % what.drawn();
      float got = drawn.logits()[k];
      assertThat(Math.abs(got - want[k]))
          .as(
              "logit %d of image %d: kernel %s, full pass %s",
              pixel, k / what.drawn(), got, want[k])
          .isLessThanOrEqualTo(2e-5f * (1 + Math.abs(want[k])));
      double probability = 1 / (1 + Math.exp(-got / TEMPERATURE));
      double uniform = Philox.uniform(KEY, 2L * what.drawn() + k, block);
      if (pixel < what.from()) {
        assertThat(pixels[k]).as("given pixel %d", k).isEqualTo(known[k]);
      } else if (Math.abs(uniform - probability) > 1e-6) {
        assertThat(pixels[k]).as("pixel %d", k).isEqualTo(uniform < probability ? 1 : 0);
      }
    }
  }

  static Stream<Case> small() {
    return Stream.of(
        new Case(new WaveNetConfig(ImageShape.MNIST, 3, 2, 2), 3, 12, 12),
        new Case(new PixelCnnConfig(ImageShape.MNIST, 4, 1, 3, 1, false), 3, ROWS, ROWS),
        new Case(new GatedPixelCnnConfig(ImageShape.MNIST, 3, 1, 3, false, false), 3, ROWS, ROWS),
        new Case(new TransformerConfig(ImageShape.MNIST, 6, 1, 2, 0), 3, 12, 12));
  }

  /// A pixel changes no logit before or at its own, in any bit, and one of those after it; nor
  /// anything of another image. The second launch takes the memory of the first.
  @ParameterizedTest
  @MethodSource("small")
  void aPixelIsSeenByLaterOnesOfItsImageOnly(Case what) {
    int all = what.drawn();
    int flipped = all + all / 2;
    float[] known = what.known();
    float[] other = known.clone();
    other[flipped] = 1 - other[flipped];
    try (AutoregressiveModel model = what.config().create(GPU, KEY)) {
      float[] a = draw(model, what, known).logits();
      long reserved = GPU.reservedBytes();
      float[] b = draw(model, what, other).logits();
      assertThat(GPU.reservedBytes()).isEqualTo(reserved);
      assertThat(Arrays.copyOf(b, flipped + 1)).isEqualTo(Arrays.copyOf(a, flipped + 1));
      assertThat(Arrays.copyOfRange(b, flipped + 1, 2 * all))
          .isNotEqualTo(Arrays.copyOfRange(a, flipped + 1, 2 * all));
      assertThat(Arrays.copyOfRange(b, 2 * all, 3 * all))
          .isEqualTo(Arrays.copyOfRange(a, 2 * all, 3 * all));
    }
  }
}
