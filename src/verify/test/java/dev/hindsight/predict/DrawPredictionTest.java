package dev.hindsight.predict;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assertions.withinPercentage;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.backend.KernelCounts;
import dev.hindsight.backend.Precision;
import dev.hindsight.backend.SoftwareGpu;
import dev.hindsight.backend.draw.DrawingLoop;
import dev.hindsight.backend.draw.LstmLoop;
import dev.hindsight.backend.draw.PixelLoop;
import dev.hindsight.backend.draw.PixelLoop.Phase;
import dev.hindsight.backend.draw.PixelLoop.When;
import dev.hindsight.backend.draw.WholeImages;
import dev.hindsight.error.UserException;
import dev.hindsight.format.Json;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.model.ModelConfig;
import dev.hindsight.model.gatedpixelcnn.GatedPixelCnnConfig;
import dev.hindsight.model.lstm.LstmConfig;
import dev.hindsight.model.made.MadeConfig;
import dev.hindsight.model.pixelcnn.PixelCnnConfig;
import dev.hindsight.model.transformer.TransformerConfig;
import dev.hindsight.model.wavenet.WaveNetConfig;
import dev.hindsight.predict.CacheModel.Touch;
import dev.hindsight.random.RandomKey;
import dev.hindsight.sample.SampledModel;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@Tag("slow")
class DrawPredictionTest {
  private static final int IMAGES = 2;

  /// Inside the image for kernels of 3, where no row begins, and a row that has two above.
  private static final int INSIDE = 28 + 10;

  private static final int THIRD_ROW = 2 * 28;

  /// Calls with what a model asks to draw by, on a software GPU of four multiprocessors.
  private static void with(ModelConfig config, BiConsumer<DrawingLoop, PhaseCounter> body) {
    try (Backend backend = Backends.openSoftwareGpu(SoftwareGpu.sampling(4, 8, 0, 1 << 18));
        AutoregressiveModel model = config.create(backend, RandomKey.of(3));
        Scope scope = backend.open("loop")) {
      Tensor images = scope.floats(IMAGES, AutoregressiveModel.PIXELS);
      var blank = new WholeImages(images, 1, 0, images, images);
      DrawingLoop asked = AskedDrawing.of(backend, scope, (SampledModel) model, blank);
      body.accept(asked, new PhaseCounter(backend, scope, IMAGES));
    }
  }

  /// What a phase does at a pixel, alone.
  private static KernelCounts at(int pixel, Phase phase, PhaseCounter counter) {
    var alone = new PixelLoop(List.of(phase), AutoregressiveModel.SIDE);
    return CountSum.difference(counter.launch(alone, pixel), counter.launch(alone, pixel + 1));
  }

  private static void same(KernelCounts got, KernelCounts wanted, Object what) {
    assertThat(got.blocks()).as("blocks of %s", what).isEqualTo(wanted.blocks());
    assertThat(got.flops()).as("flops of %s", what).isEqualTo(wanted.flops());
    assertThat(got.shared()).as("shared memory of %s", what).isEqualTo(wanted.shared());
    assertThat(got.global()).as("global memory of %s", what).isEqualTo(wanted.global());
    assertThat(got.instructions().get("fma.f32"))
        .as("multiply-adds of %s", what)
        .isEqualTo(wanted.instructions().get("fma.f32"));
  }

  static Stream<ModelConfig> byPixel() {
    return Stream.of(
        new WaveNetConfig(8, 3, 3),
        new PixelCnnConfig(8, 2, 3, 1, false),
        new GatedPixelCnnConfig(4, 2, 3, true, false));
  }

  /// The second pixel, with all that it reads moved to where something is, stands for those inside.
  @ParameterizedTest
  @MethodSource("byPixel")
  void aPhaseCountsWhatItDoesInsideAnImage(ModelConfig config) {
    with(
        config,
        (asked, counter) -> {
          var loop = (PixelLoop) asked;
          List<KernelCounts> counted = counter.of(loop);
          assertThat(counted).hasSameSizeAs(loop.phases());
          for (int n = 0; n < counted.size(); n++) {
            Phase phase = loop.phases().get(n);
            KernelCounts got = counted.get(n);
            switch (phase.when()) {
              case DRAW -> // a pixel just drawn is in shared memory, and counted as if it were not
                  assertThat(got.flops()).isEqualTo(at(INSIDE, phase, counter).flops());
              case PIXEL -> same(got, at(INSIDE, phase, counter), PhaseLabel.of(phase));
              case ROW -> {
                KernelCounts real = at(THIRD_ROW, phase, counter);
                KernelCounts third = at(THIRD_ROW, counter.inside(phase), counter);
                same(got, CountSum.onBlocks(third, got.blocks()), PhaseLabel.of(phase));
                assertThat((double) got.flops()) // but for the ends of rows
                    .isBetween((double) real.flops(), 1.1 * real.flops());
              }
              case BACK -> throw new AssertionError("no kernel goes back through a row");
            }
            if (phase.when() != When.ROW) {
              assertThat(got.instructions().get("atom")).isEqualTo(got.blocks()); // one barrier
            }
          }
        });
  }

  /// 64, 128 and 192 pixels of one image tell of 256 of both.
  @Test
  void attentionGoesThroughMoreKeysFromPixelToPixel() {
    with(
        new TransformerConfig(8, 1, 2, 0),
        (asked, counter) -> {
          Phase attention = ((PixelLoop) asked).phases().get(1);
          assertThat(PhaseLabel.of(attention)).isEqualTo("pixel: attention, 2 heads of 4, 8 x 8");
          var alone = new PixelLoop(List.of(attention), AutoregressiveModel.SIDE);
          List<KernelCounts> launches =
              Stream.of(64, 128, 192).map(pixels -> counter.launch(alone, pixels, 1)).toList();
          KernelCounts all = counter.launch(alone, 256);
          KernelCounts mean = PhaseCounter.pixelOf(256, IMAGES, launches);
          double rounding = 256;
          assertThat(256.0 * mean.flops()).isCloseTo((double) all.flops(), within(rounding));
          assertThat(256.0 * mean.shared().moved())
              .isCloseTo((double) all.shared().moved(), within(rounding));
          assertThat(256.0 * mean.global().moved())
              .isCloseTo(
                  (double) all.global().moved(),
                  withinPercentage(1)); // a launch reads its key once
        });
  }

  @Test
  void stepsOfAnLstmFollowEachOther() {
    with(
        new LstmConfig(16, 1),
        (asked, counter) -> {
          var loop = (LstmLoop) asked;
          KernelCounts got = CountSum.onward(counter.launch(loop, 1), counter.launch(loop, 2), 4);
          KernelCounts wanted = counter.launch(loop, 5);
          assertThat(got.flops()).isEqualTo(wanted.flops());
          assertThat(got.shared()).isEqualTo(wanted.shared());
          assertThat(got.global().requests()).isEqualTo(wanted.global().requests());
          assertThat(got.instructions().get("fma.f32"))
              .isEqualTo(wanted.instructions().get("fma.f32"));
        });
  }

  /// The entry of a ring that is meant, and no other.
  @Test
  void aPhaseTouchesWhatItReads() {
    try (Scope scope = new StepListing(Precision.FP32).backend().open("rings")) {
      Tensor w = scope.floats(7, 5);
      Tensor x = scope.floats(3, IMAGES, 5);
      Tensor y = scope.floats(1, IMAGES, 7);
      var term = PixelLoop.Term.past(w, x, 2);
      var product =
          new PixelLoop.Product(
              PixelLoop.Span.PIXEL, List.of(term), null, null, PixelLoop.Finish.PLAIN, y);
      long entry = IMAGES * 5L * Float.BYTES;
      assertThat(PhaseTouches.of(new Phase(When.PIXEL, List.of(product)), 9))
          .containsExactly(
              new Touch(w.address(), w.bytes(), true, false),
              new Touch(x.address() + entry, entry, true, false), // pixel 7 of rings of three
              new Touch(y.address(), y.bytes(), false, true));
    }
  }

  @Test
  void predictsADrawingAndSaysThatItIsAPrediction() {
    var config = new PixelCnnConfig(4, 1, 3, 0, false);
    var drawing = DrawPrediction.of("pixelcnn", "small", config, IMAGES, GpuRates.H100);
    assertThat(drawing.phases())
        .extracting(DrawPrediction.Phase::label)
        .containsExactly(
            "draw: logit 1 x 4, first layer of 4",
            "row: 4 x 12",
            "pixel: 4 x 8",
            "pixel: 4 x 4 relu");
    assertThat(drawing.phases())
        .extracting(DrawPrediction.Phase::times)
        .containsExactly(784, 27, 784, 784);
    assertThat(drawing.phases())
        .extracting(DrawPrediction.Phase::barriers)
        .containsExactly(785, 27, 784, 784);
    double waiting = (785 + 27 + 2 * 784) * GpuRates.GRID_BARRIER;
    double all = drawing.microseconds() - drawing.aheadMicroseconds();
    assertThat(all).isCloseTo(waiting + drawing.work(), within(1e-6));
    for (var phase : drawing.phases()) {
      assertThat(phase.launch().work()).as(phase.label()).isBetween(0.05, 50.0);
    }
    var table = new DrawTable(drawing);
    assertThat(table.title()).startsWith("prediction, not a measurement: drawing 2 images of");
    assertThat(table.text().lines()).hasSize(2 + drawing.phases().size());
    var json = Json.parse("prediction", Json.line(table.json()));
    assertThat(json.get("label").asString()).isEqualTo("prediction, not a measurement");
    assertThat(json.get("barriers_us").asDouble()).isEqualTo(waiting);
    assertThat(json.get("us_a_pixel").asDouble()).isCloseTo(all / 784, within(1e-9));
  }

  @Test
  void predictsATransformer() {
    var config = new TransformerConfig(8, 1, 2, 0);
    var drawing = DrawPrediction.of("transformer", "small", config, IMAGES, GpuRates.H100);
    assertThat(drawing.phases())
        .extracting(DrawPrediction.Phase::label)
        .containsExactly(
            "draw: logit 1 x 8, first layer of 8",
            "pixel: attention, 2 heads of 4, 8 x 8",
            "pixel: 32 x 8 gelu, 8 x 32, in 1 slices");
    assertThat(drawing.phases().get(1).launch().kernel()).isEqualTo("pixel_sample_attends");
  }

  @Test
  void refusesWhatIsNotDrawnByAGridThatWaitsForItself() {
    var made = MadeConfig.random(8, 1, RandomKey.of(7));
    assertThatThrownBy(() -> DrawPrediction.of("made", "small", made, 1, GpuRates.T4))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("made is drawn by blocks");
    var deep = new LstmConfig(8, 2);
    assertThatThrownBy(() -> DrawPrediction.of("lstm", "small", deep, 1, GpuRates.T4))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("no kernel draws whole images of lstm of this size on T4");
  }
}
