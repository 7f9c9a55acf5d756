package dev.hindsight.predict;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.backend.KernelCounts;
import dev.hindsight.backend.SoftwareGpu;
import dev.hindsight.backend.draw.DrawingLoop;
import dev.hindsight.backend.draw.LstmLoop;
import dev.hindsight.backend.draw.PixelLoop;
import dev.hindsight.backend.draw.PixelLoop.Phase;
import dev.hindsight.backend.draw.PixelLoop.When;
import dev.hindsight.error.UserException;
import dev.hindsight.image.ImageShape;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.model.CategoricalHead;
import dev.hindsight.model.ModelConfig;
import dev.hindsight.model.gatedpixelcnn.GatedPixelCnnConfig;
import dev.hindsight.model.lstm.LstmConfig;
import dev.hindsight.model.made.MadeConfig;
import dev.hindsight.model.pixelcnn.PixelCnnConfig;
import dev.hindsight.model.transformer.TransformerConfig;
import dev.hindsight.model.wavenet.WaveNetConfig;
import dev.hindsight.predict.DrawPrediction.Asked;
import dev.hindsight.predict.Prediction.Op;
import dev.hindsight.random.RandomKey;
import dev.hindsight.sample.SampledModel;
import dev.hindsight.tensor.Scope;
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
      Asked asked = DrawPrediction.asked(backend, scope, (SampledModel) model, IMAGES);
      body.accept(asked.loop(), new PhaseCounter(backend, scope, asked, IMAGES));
    }
  }

  /// What a phase does at a pixel, alone.
  private static KernelCounts at(int pixel, Phase phase, PhaseCounter counter) {
    var alone = new PixelLoop(List.of(phase), ImageShape.MNIST);
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
        new WaveNetConfig(ImageShape.MNIST, 8, 3, 3),
        new PixelCnnConfig(ImageShape.MNIST, 8, 2, 3, 1, false),
        new GatedPixelCnnConfig(ImageShape.MNIST, 4, 2, 3, true, false));
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
              case PIXEL -> same(got, at(INSIDE, phase, counter), DrawPrediction.label(phase));
              case ROW -> {
                KernelCounts real = at(THIRD_ROW, phase, counter);
                KernelCounts third = at(THIRD_ROW, counter.inside(phase), counter);
                same(got, CountSum.onBlocks(third, got.blocks()), DrawPrediction.label(phase));
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

  @Test
  void stepsOfAnLstmFollowEachOther() {
    with(
        new LstmConfig(ImageShape.MNIST, 16, 1),
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

  @Test
  void predictsADrawing() {
    var config = new PixelCnnConfig(ImageShape.MNIST, 4, 1, 3, 0, false);
    var drawing = DrawPrediction.of("pixelcnn", "small", config, IMAGES, GpuRates.H100);
    assertThat(drawing.ops())
        .extracting(Op::label)
        .containsExactly(
            "draw: logit (1, 4)",
            "row: product (4, 4)",
            "pixel: product (4, 4)",
            "pixel: product (4, 4)");
    assertThat(drawing.ops()).extracting(Op::times).containsExactly(784, 27, 784, 784);
    for (Op op : drawing.ops()) {
      double work = op.microseconds() / op.times() - GpuRates.H100.waits().gridBarrier();
      assertThat(work).as(op.label()).isBetween(0.05, 50.0);
    }
    assertThat(drawing.table())
        .startsWith("prediction, not a measurement: drawing 2 images of 28x28 by pixelcnn (small)")
        .hasLineCount(2 + drawing.ops().size());
  }

  @Test
  void predictsADrawingInColour() {
    var shape = new ImageShape(3, 4, 3, 4);
    var config = new PixelCnnConfig(shape, new CategoricalHead(), 0, 4, 1, 3, 0, false);
    var drawing = DrawPrediction.of("pixelcnn", "small", config, IMAGES, GpuRates.H100);
    assertThat(drawing.ops())
        .extracting(Op::label)
        .containsExactly(
            "draw: logit (12, 4)",
            "row: product (4, 4)",
            "pixel: product (4, 4)",
            "pixel: product (4, 4)");
    assertThat(drawing.ops()).extracting(Op::times).containsExactly(12, 2, 12, 12);
    assertThat(drawing.ops().getFirst().launches().getFirst().kernel())
        .isEqualTo("pixel_sample_values");
    assertThat(drawing.ops().getFirst().microseconds() / 12)
        .isBetween(2 * GpuRates.H100.waits().gridBarrier(), 50.0);
  }

  /// Attention of a whole image tells of its mean pixel.
  @Test
  void predictsATransformer() {
    var config = new TransformerConfig(ImageShape.MNIST, 8, 1, 2, 0);
    var drawing = DrawPrediction.of("transformer", "small", config, IMAGES, GpuRates.H100);
    assertThat(drawing.ops())
        .extracting(Op::label)
        .containsExactly(
            "draw: logit (784, 8)", "pixel: attend (24, 8)", "pixel: perceptron (32, 8)");
    assertThat(drawing.ops().get(1).launches().getFirst().kernel())
        .isEqualTo("pixel_sample_attends");
  }

  @Test
  void refusesWhatIsNotDrawnByAGridThatWaitsForItself() {
    var made = MadeConfig.random(ImageShape.MNIST, 8, 1, RandomKey.of(7));
    assertThatThrownBy(() -> DrawPrediction.of("made", "small", made, 1, GpuRates.T4))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("made is drawn by blocks");
    var deep = new LstmConfig(ImageShape.MNIST, 8, 2);
    assertThatThrownBy(() -> DrawPrediction.of("lstm", "small", deep, 1, GpuRates.T4))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("no kernel draws whole images of lstm of this size on T4");
  }
}
