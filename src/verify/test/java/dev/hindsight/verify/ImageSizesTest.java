package dev.hindsight.verify;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.backend.TestBackends;
import dev.hindsight.data.Dataset;
import dev.hindsight.image.ImageShape;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.model.Causality;
import dev.hindsight.model.ModelConfig;
import dev.hindsight.model.gatedpixelcnn.GatedPixelCnnConfig;
import dev.hindsight.model.pixelcnn.PixelCnnConfig;
import dev.hindsight.model.wavenet.WaveNetConfig;
import dev.hindsight.sample.BatchSampler.Strategy;
import dev.hindsight.sample.Sampler;
import dev.hindsight.train.BuiltInModel;
import dev.hindsight.train.Sizes;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/// All models on images that are no square of 28: no square at all, narrower than a kernel, of one
/// row or column, wider than a word has bits.
class ImageSizesTest {
  private static final int ALL = Integer.MAX_VALUE;

  /// Those at sizes for checks, and what none of them has: dilations that reach before the image,
  /// pairs of positions that are filtered, kernels higher and wider than it, and filters that take
  /// four outputs of a row at a time.
  private static Stream<SmallModel> models(ImageShape shape) {
    return Stream.concat(
        SmallModel.all(shape).stream(),
        Stream.of(
                new WaveNetConfig(shape, 3, 9, 9),
                new WaveNetConfig(shape, 96, 3, 3),
                new PixelCnnConfig(shape, 4, 1, 9, 1, true),
                new GatedPixelCnnConfig(shape, 64, 2, 5, true, true))
            .map(config -> new SmallModel(config.toString(), config)));
  }

  static void check(Backend backend, SmallModel small, int positions) {
    String what = "%s %s of %s".formatted(small.config().name(), small.shape(), small.of());
    int step = Causality.step(small.of(), Math.min(positions, small.of().values()));
    try (AutoregressiveModel model = small.create(backend, SmallModel.KEY)) {
      Causality.Finding finding = Causality.check(backend, model, step);
      assertThat(finding.leaks()).as(what).isEmpty();
      assertThat(finding.reached()).as(what).isPositive();
      for (Strategy strategy : List.of(Strategy.STEPS, Strategy.BEST)) {
        if (strategy == Strategy.STEPS || Sampler.drawsAtOnce(backend, model, 1)) {
          assertThat(SamplingCheck.check(backend, model, strategy).detail()).as(what).isNull();
        }
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"5, 7", "1, 9", "9, 1", "3, 37"})
  void neverLookAheadAndDrawWhatTheySay(int height, int width) {
    try (Backend cpu = Backends.open("cpu")) {
      models(new ImageShape(height, width)).forEach(small -> check(cpu, small, ALL));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "8, 8, 64",
    "2, 67, 99",
    "27, 33, 99",
    "16, 48, 99",
    "64, 64, 20",
    "1, 400, 50",
    "400, 1, 50"
  })
  @Tag("exhaustive")
  void neverLookAheadOnLargeImages(int height, int width, int positions) {
    try (Backend cpu = Backends.open("cpu")) {
      models(new ImageShape(height, width)).forEach(small -> check(cpu, small, positions));
    }
  }

  /// 12,288 values of 256 levels.
  @ParameterizedTest
  @EnumSource(names = {"MADE", "PIXELCNN"})
  @Tag("slow")
  void neverLookAheadInLargeColours(BuiltInModel model) {
    ModelConfig config = model.tiny(new ImageShape(64, 64, 3, 256));
    try (Backend cpu = Backends.open("cpu")) {
      check(cpu, new SmallModel("tiny", config), 9);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "cpu bf16, 5, 7",
    "cpu bf16, 3, 37",
    "nd4j, 3, 5",
    "nd4j, 1, 9",
    "nd4j, 9, 1",
    "gpu, 3, 5",
    "gpu, 1, 9",
    "gpu, 9, 1"
  })
  @Tag("slow")
  void neverLookAheadElsewhere(String name, int height, int width) {
    try (Backend backend = TestBackends.open(name)) {
      SmallModel.all(new ImageShape(height, width)).forEach(small -> check(backend, small, 9));
    }
    assertThat(Backends.softwareFindings()).isZero();
  }

  @ParameterizedTest
  @CsvSource({"nd4j, 27, 33", "nd4j, 16, 48", "gpu, 8, 8", "gpu, 3, 37", "gpu, 2, 67"})
  @Tag("exhaustive")
  void neverLookAheadElsewhereOnLargerImages(String name, int height, int width) {
    try (Backend backend = TestBackends.open(name)) {
      models(new ImageShape(height, width)).forEach(small -> check(backend, small, 9));
    }
    assertThat(Backends.softwareFindings()).isZero();
  }

  /// By what their ops say and by NaN.
  @ParameterizedTest
  @CsvSource({"5, 7", "1, 9", "9, 1", "3, 37"})
  void seeWhatTheirOpsSay(int height, int width) {
    try (Backend cpu = Backends.open("cpu")) {
      models(new ImageShape(height, width))
          .forEach(
              small -> {
                try (AutoregressiveModel model = small.create(cpu, SmallModel.KEY)) {
                  Sight said = Sight.of(model);
                  assertThat(said.leaks()).as(small.shape()).isZero();
                  assertThat(model.structure().multiplyAdds()).isEqualTo(model.multiplyAdds());
                  assertThat(said).as(small.shape()).isEqualTo(Sight.measured(cpu, model));
                }
              });
    }
  }

  /// What is chosen for digits may be more than a small image needs, but never too much.
  @Test
  void everyPresetTakesAnySize() {
    for (ImageShape shape : List.of(new ImageShape(1, 2), new ImageShape(64, 48))) {
      Dataset blank = new Dataset("blank", shape, new byte[shape.values()], null);
      for (BuiltInModel model : BuiltInModel.values()) {
        for (String preset : model.presets()) {
          ModelConfig config = model.preset(preset).config(Sizes.none(), blank, 3);
          assertThat(config.shape()).isEqualTo(shape);
          assertThat(config.parameters()).as(preset).isPositive();
        }
      }
    }
  }
}
