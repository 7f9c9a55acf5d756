package dev.hindsight.backend.cuda;

import static dev.hindsight.testing.Tensors.ints;
import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.backend.Draw;
import dev.hindsight.backend.KernelCounts;
import dev.hindsight.backend.cuda.launch.LaunchGeometry;
import dev.hindsight.backend.draw.WholeImages;
import dev.hindsight.image.ImageShape;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.model.Head;
import dev.hindsight.model.ModelConfig;
import dev.hindsight.model.lstm.LstmConfig;
import dev.hindsight.model.made.MadeConfig;
import dev.hindsight.nn.ClassBias;
import dev.hindsight.nn.Initialization;
import dev.hindsight.ops.Ops;
import dev.hindsight.random.Philox;
import dev.hindsight.random.RandomKey;
import dev.hindsight.sample.SampledModel;
import dev.hindsight.softgpu.base.Options;
import dev.hindsight.softgpu.driver.InstalledDriver;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Shape;
import dev.hindsight.tensor.Tensor;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The kernels that draw whole images of a MADE and of an LSTM, on the software GPU, against full
/// passes on the processor.
@Tag("slow")
class WholeImagesTest {
  private static final RandomKey KEY = RandomKey.of(7);
  private static final Draw DRAW = new Draw(KEY, 3);
  private static final float TEMPERATURE = 0.8f;
  private static final int CLASSES = 3;

  @AfterEach
  void nothingWasFound() {
    SoftwareGpu.assertNoFindings();
  }

  /// A GPU of one multiprocessor gives a block as many images as there are, up to four.
  @ParameterizedTest
  @CsvSource({"1, 0", "2, 391", "3, 0", "5, 783", "5, 784"})
  void ofAMade(int count, int from) {
    drawsOnOne(MadeConfig.random(ImageShape.MNIST, 37, 3, KEY), count, from);
  }

  /// Of a block for each image, of two and of four, the last of which is not full.
  @ParameterizedTest
  @CsvSource({"1, 0", "2, 7", "5, 0", "5, 34"})
  void ofAMadeOfClasses(int count, int from) {
    ImageShape shape = new ImageShape(5, 7);
    MadeConfig plain = MadeConfig.random(shape, 13, 2, KEY);
    drawsOnOne(plain.with(plain.head(), CLASSES), count, from);
  }

  /// One layer and many units of one degree; a width that is a multiple of four and one that is
  /// not.
  @ParameterizedTest
  @ValueSource(ints = {64, 61})
  void unitsMayAllBecomeFinalAtOnce(int units) {
    var degrees = List.of(Collections.nCopies(units, 400), Collections.nCopies(units, 401));
    drawsOnOne(new MadeConfig(ImageShape.MNIST, degrees, Initialization.HE), 2, 0);
  }

  /// One block and several, units and rows that fill no tile, more rows than a tile, K of two
  /// stages.
  @ParameterizedTest
  @CsvSource({
    "9, 3, 3, 5",
    "60, 2, 3, 0",
    "5, 65, 2, 0",
    "8, 1, 3, 12",
    "1, 2, 3, 1",
    "64, 1, 2, 0"
  })
  void ofAnLstm(int hidden, int count, int height, int from) {
    ImageShape shape = new ImageShape(height, 4);
    drawsOnOne(new LstmConfig(shape, hidden, 1), count, from);
    drawsOnOne(new LstmConfig(shape, Head.of(shape), CLASSES, hidden, 1), count, from);
  }

  /// Too little shared memory for 8 units a block: of 10, three of the three stages of weights lie
  /// in registers, or two.
  @ParameterizedTest
  @ValueSource(ints = {31_000, 41_000})
  void weightsMayLieInRegisters(int sharedBytes) {
    InstalledDriver.install(Options.standard().withMultiprocessors(13).withCounters(true));
    try (Backend gpu = open(sharedBytes)) {
      Backends.takeCounts();
      assertDraws(gpu, new LstmConfig(new ImageShape(2, 4), 130, 1), 3, 2);
      assertThat(Backends.takeCounts())
          .extracting(KernelCounts::kernel)
          .containsOnlyOnce("lstm_sample_10");
    }
  }

  private static CudaBackend open(int sharedBytes) {
    return CudaBackend.open(
        CudaOptions.standard().withDriverAlreadyLoaded().withSharedBytes(sharedBytes));
  }

  private static void drawsOnOne(ModelConfig config, int count, int from) {
    try (Backend gpu = SoftwareGpu.open(1)) {
      assertDraws(gpu, config, count, from);
    }
  }

  /// With weights that make some pixels likely and others not.
  private static AutoregressiveModel create(Backend backend, ModelConfig config) {
    AutoregressiveModel model = config.create(backend, KEY);
    boolean lstm = config instanceof LstmConfig; // a MADE has weights that must stay zero
    fill(backend, lstm ? model.parameters().flat().value() : model.outputBias().value());
    ClassBias.tables(model.parameters()).forEach(table -> fill(backend, table.value()));
    return model;
  }

  private static void fill(Backend backend, Tensor some) {
    float[] numbers = Philox.uniforms(KEY, Math.toIntExact(some.size()));
    for (int k = 0; k < numbers.length; k++) {
      numbers[k] = 2 * numbers[k] - 1;
    }
    backend.write(some, numbers);
  }

  /// Of so many images each a class or none, where the model knows any.
  private static @Nullable Tensor labels(
      Backend backend, Scope scope, ModelConfig config, int count) {
    if (config.classes() == 0) {
      return null;
    }
    Tensor labels = scope.floats(count);
    float[] numbers = new float[count];
    for (int k = 0; k < count; k++) {
      numbers[k] = (k + 1) % (CLASSES + 1) - 1;
    }
    backend.write(labels, numbers);
    return labels;
  }

  /// @param from how many pixels of each image are given
  private static void assertDraws(Backend gpu, ModelConfig config, int count, int from) {
    int length = config.shape().pixels();
    float[] known = Philox.uniforms(KEY.fold("known"), count * length);
    for (int k = 0; k < known.length; k++) {
      known[k] = k % length >= from ? Float.NaN : known[k] < 0.3f ? 1 : 0;
    }
    float[] nothing = new float[known.length];
    Arrays.fill(nothing, Float.NaN);
    Shape shape = Shape.of(count, length);
    try (AutoregressiveModel model = create(gpu, config);
        Scope operands = gpu.open("operands");
        Scope scope = gpu.open("launch")) {
      Guarded pixels = Guarded.of(gpu, operands, shape, known);
      Guarded logits = Guarded.of(gpu, operands, shape, nothing);
      Tensor draw = ints(gpu, operands, DRAW.words());
      SampledModel sampled = (SampledModel) model;
      assertThat(sampled.drawsAtOnce(gpu, count)).isTrue();
      Tensor of = labels(gpu, scope, config, count);
      sampled.drawAtOnce(
          gpu, scope, new WholeImages(draw, TEMPERATURE, from, of, pixels.inner(), logits.inner()));
      assertRight(config, known, pixels.read(), logits.read(), from);
    }
  }

  private static void assertRight(
      ModelConfig config, float[] known, float[] images, float[] got, int from) {
    int length = config.shape().pixels();
    float[] want;
    try (Backend cpu = Backends.open("cpu");
        AutoregressiveModel model = create(cpu, config);
        Scope scope = cpu.open("test")) {
      Tensor x = scope.floats(images.length / length, length);
      cpu.write(x, images);
      Tensor of = labels(cpu, scope, config, x.rows());
      want = cpu.readFloats(model.logits(new Ops(cpu, scope, null), x, of));
    }
    int[] block = new int[4];
    for (int k = 0; k < want.length; k++) {
      assertThat(Math.abs(got[k] - want[k]))
          .as("logit %d: kernel %s, full pass %s", k, got[k], want[k])
          .isLessThanOrEqualTo(1e-5f * (1 + Math.abs(want[k])));
      double p = 1 / (1 + Math.exp(-got[k] / (double) TEMPERATURE));
      double u = Philox.uniform(KEY, DRAW.first() * length + k, block);
      if (k % length < from) {
        assertThat(images[k]).as("given pixel %d", k).isEqualTo(known[k]);
      } else if (Math.abs(u - p) > 1e-6) {
        assertThat(images[k]).as("pixel %d", k).isEqualTo(u < p ? 1 : 0);
      }
    }
  }

  @Test
  void whatDoesNotFitOnTheChipIsLeftToTheLoop() {
    try (Backend gpu = SoftwareGpu.open(1);
        AutoregressiveModel made =
            MadeConfig.random(ImageShape.MNIST, 12_000, 1, KEY).create(gpu, KEY)) {
      assertThat(((SampledModel) made).drawsAtOnce(gpu, 1)).isFalse();
      assertThat(gpu.sampling().drawsLstm(64)).isTrue();
      assertThat(gpu.sampling().drawsLstm(4096)).isFalse();
    }
    try (Backend gpu = open(0)) {
      assertThat(gpu.sampling().drawsLstm(8)).isFalse();
    }
  }

  @Test
  void aBlockHasNoMoreImagesThanKeepTheGpuBusyAndFit() {
    LaunchGeometry geometry = new LaunchGeometry(10);
    int[] rows = {1, 10, 11, 20, 21, 40, 1000};
    assertThat(Arrays.stream(rows).map(n -> geometry.imagesPerBlock(n, 1000)).toArray())
        .containsExactly(1, 1, 2, 2, 4, 4, 4);
    assertThat(geometry.imagesPerBlock(1000, 3856)).as("three would fit").isEqualTo(2);
    assertThat(geometry.imagesPerBlock(1000, 12_224)).isEqualTo(1);
    assertThat(geometry.imagesPerBlock(1000, 12_225)).isZero();
  }
}
