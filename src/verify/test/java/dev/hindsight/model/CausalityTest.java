package dev.hindsight.model;

import static dev.hindsight.image.ImageShape.MNIST;
import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.backend.TestBackends;
import dev.hindsight.image.ImageShape;
import dev.hindsight.model.Causality.Change;
import dev.hindsight.model.gatedpixelcnn.GatedPixelCnnConfig;
import dev.hindsight.model.lstm.LstmConfig;
import dev.hindsight.model.made.Made;
import dev.hindsight.model.made.MadeConfig;
import dev.hindsight.model.pixelcnn.PixelCnnConfig;
import dev.hindsight.model.pixelrnn.PixelRnnConfig;
import dev.hindsight.model.pixelsnail.PixelSnailConfig;
import dev.hindsight.model.transformer.TransformerConfig;
import dev.hindsight.model.wavenet.WaveNetConfig;
import dev.hindsight.nn.ImageLstm.Kind;
import dev.hindsight.random.RandomKey;
import dev.hindsight.verify.Sight;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// No model looks ahead, on any backend, whatever its sizes make of kernels and loops. A step of 27
/// shares no factor with 28, so that 30 positions lie in all rows and columns; one of 113 meets all
/// blocks of rows of attention.
@Tag("slow")
class CausalityTest {
  private static final RandomKey KEY = RandomKey.of(7);

  /// Of images on which the software GPU, too, has blocks that are full and one that is not.
  private static final ImageShape SMALL = new ImageShape(11, 13);

  private static List<ModelConfig> models(String name) {
    return switch (name) {
      case "made" -> List.of(MadeConfig.random(MNIST, 64, 2, KEY));
      case "lstm" -> List.of(new LstmConfig(MNIST, 8, 1));
      case "transformer" -> List.of(new TransformerConfig(MNIST, 8, 1, 2, 0));
      case "wavenet" -> List.of(new WaveNetConfig(MNIST, 3, 9, 9)); // every dilation of the presets
      case "kernels of 3" -> kernelsOf3(MNIST);
      case "kernels of 3, small" -> kernelsOf3(SMALL);
      case "kernels up to 7" ->
          List.of(
              new PixelCnnConfig(MNIST, 5, 2, 7, 0, false),
              new PixelCnnConfig(MNIST, 3, 2, 5, 0, false),
              new PixelCnnConfig(MNIST, 6, 0, 5, 3, true),
              new GatedPixelCnnConfig(MNIST, 5, 3, 7, false, false),
              new GatedPixelCnnConfig(MNIST, 3, 2, 5, true, false),
              new PixelRnnConfig(MNIST, 5, 3),
              new PixelRnnConfig(MNIST, 5, 3, Kind.DIAGONAL));
      case "minimal filtering" -> // so many channels that outputs are computed several at a time
          List.of(
              new PixelCnnConfig(MNIST, 64, 1, 7, 0, false),
              new GatedPixelCnnConfig(MNIST, 64, 1, 5, false, false),
              new PixelRnnConfig(MNIST, 64, 1),
              new WaveNetConfig(MNIST, 96, 9, 9));
      default -> throw new IllegalArgumentException(name);
    };
  }

  private static List<ModelConfig> kernelsOf3(ImageShape shape) {
    return List.of(
        new PixelCnnConfig(shape, 4, 1, 3, 0, false),
        new GatedPixelCnnConfig(shape, 4, 2, 3, false, true),
        new PixelSnailConfig(shape, Head.of(shape), 0, 4, 1, 1, 3, 2),
        new PixelRnnConfig(shape, 2, 1),
        new PixelRnnConfig(shape, 2, 1, Kind.DIAGONAL));
  }

  private static void holds(
      Backend backend, AutoregressiveModel model, int step, Change... changes) {
    Causality.Finding finding = Causality.check(backend, model, step, changes);
    assertThat(finding.leaks()).as(model.config().toString()).isEmpty();
    assertThat(finding.reached()).as(model.config().toString()).isPositive();
  }

  /// On tensor cores, which cannot select, what must not be seen is taken out before: a later logit
  /// need not move where a pixel's change is lost in rounding, but NaN is not.
  ///
  /// @param only the one change that is looked at
  @ParameterizedTest
  @CsvSource({
    "made, nd4j, 1,",
    "made, cpu, 1,",
    "made, cpu bf16, 1,",
    "made, gpu, 1,",
    "made, gpu tf32, 1,",
    "made, gpu bf16, 1,",
    "lstm, cpu, 9,",
    "lstm, gpu, 27, POISON",
    "transformer, cpu, 9,",
    "transformer, gpu, 113,",
    "transformer, gpu tf32, 113, POISON",
    "transformer, gpu bf16, 113, POISON",
    "wavenet, cpu, 9,",
    "wavenet, gpu, 97,",
    "wavenet, gpu tf32, 193, POISON",
    "wavenet, gpu bf16, 193, POISON",
    "kernels of 3, cpu, 9,",
    "'kernels of 3, small', gpu, 15,",
    "'kernels of 3, small', gpu tf32, 29, POISON",
    "'kernels of 3, small', gpu bf16, 29,",
    "kernels up to 7, cpu, 9,",
    "minimal filtering, cpu, 27,"
  })
  void noModelLooksAhead(String models, String where, int step, @Nullable Change only) {
    Change[] changes = only == null ? new Change[0] : new Change[] {only};
    try (Backend backend = TestBackends.open(where)) {
      for (ModelConfig config : models(models)) {
        try (AutoregressiveModel model = config.create(backend, KEY)) {
          holds(backend, model, step, changes);
        }
      }
    }
  }

  /// The reference has no tiles that these sizes would fill: other tests hold it to the law on
  /// small images.
  @ParameterizedTest
  @CsvSource({
    "lstm, nd4j, 1",
    "lstm, cpu, 1",
    "lstm, gpu, 1",
    "transformer, cpu, 1",
    "wavenet, cpu, 1",
    "transformer, nd4j, 113",
    "wavenet, nd4j, 27",
    "kernels of 3, nd4j, 1",
    "kernels of 3, cpu, 1",
    "kernels of 3, gpu, 27",
    "kernels up to 7, cpu, 1"
  })
  @Tag("exhaustive")
  void atMorePositions(String models, String where, int step) {
    noModelLooksAhead(models, where, step, null);
  }

  /// In each order by itself: what is later in raster order may be earlier in another.
  @ParameterizedTest
  @ValueSource(strings = {"nd4j", "cpu", "cpu bf16", "gpu", "gpu tf32", "gpu bf16"})
  void madeNeverLooksAheadInAnyOfItsOrders(String where) {
    try (Backend backend = TestBackends.open(where);
        Made made = MadeConfig.random(MNIST, 64, 2, KEY).withOrders(3, 7).create(backend, KEY)) {
      for (int order = 0; order < 3; order++) {
        made.turnTo(made.order(order));
        holds(backend, made, 13);
      }
    }
  }

  /// By structure and by NaN at each pixel alone.
  @Test
  void inAnyOrderMadeSeesAllThatItMay() {
    try (Backend backend = Backends.open("cpu");
        Made made = MadeConfig.random(MNIST, 64, 2, KEY).withOrders(3, 7).create(backend, KEY)) {
      for (int order = 0; order < 3; order++) {
        made.turnTo(made.order(order));
        Sight seen = Sight.of(made);
        assertThat(seen).isEqualTo(Sight.measured(backend, made));
        int last = made.order().pixel(783);
        int first = made.order().pixel(0);
        assertThat(seen.of(first).cardinality()).isZero();
        assertThat(seen.sees(last, first)).isTrue();
      }
    }
  }

  /// The check itself: asked for one position more than the law grants, it must find every model
  /// guilty.
  @ParameterizedTest
  @EnumSource
  void seesALeak(Change change) {
    try (Backend backend = Backends.open("nd4j");
        Made made = MadeConfig.random(MNIST, 64, 1, KEY).create(backend, KEY)) {
      assertThat(Causality.check(backend, made, 1, 1, change).leaks()).hasSize(10);
      assertThat(Causality.check(backend, made, 1, 1).leaks()).as("by all changes").hasSize(10);
    }
  }
}
