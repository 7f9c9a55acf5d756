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
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/// No model looks ahead, on any backend, whatever its sizes make of kernels and loops. Steps share
/// no factor with the width, so that positions lie in all rows and columns.
@Tag("slow")
class CausalityTest {
  private static final RandomKey KEY = RandomKey.of(7);

  /// Of images on which every backend has blocks that are full and one that is not.
  private static final ImageShape SMALL = new ImageShape(11, 13);

  /// Longer than the largest blocks of attention, and than every dilation of the presets.
  private static final ImageShape LONG = new ImageShape(17, 19);

  private static List<ModelConfig> models(String name, ImageShape small, ImageShape large) {
    return switch (name) {
      case "made" -> List.of(MadeConfig.random(small, 64, 2, KEY));
      case "lstm" -> List.of(new LstmConfig(small, 8, 1));
      case "transformer" -> List.of(new TransformerConfig(large, 8, 1, 2, 0));
      case "wavenet" -> List.of(new WaveNetConfig(large, 3, 9, 9)); // every dilation of the presets
      case "kernels of 3" ->
          List.of(
              new PixelCnnConfig(small, 4, 1, 3, 0, false),
              new GatedPixelCnnConfig(small, 4, 2, 3, false, true),
              new PixelSnailConfig(small, Head.of(small), 0, 4, 1, 1, 3, 2),
              new PixelRnnConfig(small, 2, 1),
              new PixelRnnConfig(small, 2, 1, Kind.DIAGONAL));
      case "kernels up to 7" ->
          List.of(
              new PixelCnnConfig(small, 5, 2, 7, 0, false),
              new PixelCnnConfig(small, 3, 2, 5, 0, false),
              new PixelCnnConfig(small, 6, 0, 5, 3, true),
              new GatedPixelCnnConfig(small, 5, 3, 7, false, false),
              new GatedPixelCnnConfig(small, 3, 2, 5, true, false),
              new PixelRnnConfig(small, 5, 3),
              new PixelRnnConfig(small, 5, 3, Kind.DIAGONAL));
      case "minimal filtering" -> // so many channels that outputs are computed several at a time
          List.of(
              new PixelCnnConfig(small, 64, 1, 7, 0, false),
              new GatedPixelCnnConfig(small, 64, 1, 5, false, false),
              new PixelRnnConfig(small, 64, 1),
              new WaveNetConfig(large, 96, 9, 9));
      default -> throw new IllegalArgumentException(name);
    };
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
    "lstm, cpu, 3,",
    "lstm, gpu, 5, POISON",
    "transformer, cpu, 5,",
    "transformer, gpu, 31,",
    "transformer, gpu tf32, 31, POISON",
    "transformer, gpu bf16, 31, POISON",
    "wavenet, cpu, 5,",
    "wavenet, gpu, 31,",
    "wavenet, gpu tf32, 61, POISON",
    "wavenet, gpu bf16, 61, POISON",
    "kernels of 3, cpu, 2,",
    "kernels of 3, gpu, 15,",
    "kernels of 3, gpu tf32, 29, POISON",
    "kernels of 3, gpu bf16, 29,",
    "kernels up to 7, cpu, 2,",
    "minimal filtering, cpu, 6,"
  })
  void noModelLooksAhead(String models, String where, int step, @Nullable Change only) {
    hold(models(models, SMALL, LONG), where, step, only == null ? List.of() : List.of(only));
  }

  private static void hold(List<ModelConfig> models, String where, int step, List<Change> only) {
    try (Backend backend = TestBackends.open(where)) {
      for (ModelConfig config : models) {
        try (AutoregressiveModel model = config.create(backend, KEY)) {
          holds(backend, model, step, only.toArray(Change[]::new));
        }
      }
    }
  }

  /// The reference has no tiles that these sizes would fill: other tests hold it to the law on
  /// small images.
  @ParameterizedTest
  @CsvSource({
    "made, cpu, 1",
    "made, gpu, 1",
    "made, gpu tf32, 1",
    "made, gpu bf16, 1",
    "lstm, nd4j, 1",
    "lstm, cpu, 1",
    "lstm, gpu, 1",
    "transformer, cpu, 1",
    "transformer, gpu, 113",
    "wavenet, cpu, 1",
    "wavenet, gpu, 97",
    "transformer, nd4j, 113",
    "wavenet, nd4j, 27",
    "kernels of 3, nd4j, 1",
    "kernels of 3, cpu, 1",
    "kernels of 3, gpu, 27",
    "kernels up to 7, cpu, 1",
    "minimal filtering, cpu, 27"
  })
  @Tag("exhaustive")
  void onImagesOf28(String models, String where, int step) {
    hold(models(models, MNIST, MNIST), where, step, List.of());
  }

  /// The check itself: asked for one position more than the law grants, it must find every model
  /// guilty.
  @ParameterizedTest
  @EnumSource
  void seesALeak(Change change) {
    try (Backend backend = Backends.open("nd4j");
        Made made = MadeConfig.random(SMALL, 64, 1, KEY).create(backend, KEY)) {
      assertThat(Causality.check(backend, made, 1, 1, change).leaks()).hasSize(10);
      assertThat(Causality.check(backend, made, 1, 1).leaks()).as("by all changes").hasSize(10);
    }
  }
}
