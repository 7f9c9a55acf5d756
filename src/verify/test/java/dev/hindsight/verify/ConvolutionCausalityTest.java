package dev.hindsight.verify;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.backend.Precision;
import dev.hindsight.backend.SoftwareGpu;
import dev.hindsight.image.ImageShape;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.model.Causality;
import dev.hindsight.model.Causality.Change;
import dev.hindsight.model.ModelConfig;
import dev.hindsight.model.gatedpixelcnn.GatedPixelCnnConfig;
import dev.hindsight.model.pixelcnn.PixelCnnConfig;
import dev.hindsight.model.pixelrnn.PixelRnnConfig;
import dev.hindsight.nn.ImageLstm.Kind;
import dev.hindsight.random.RandomKey;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/// Neither PixelCNN nor PixelRNN looks ahead, whatever its kernel.
@Tag("slow")
class ConvolutionCausalityTest {
  private static final RandomKey KEY = RandomKey.of(7);

  /// Shares no factor with 28, so that 30 positions lie in all rows and columns.
  private static final int SOME = 27;

  private static final List<ModelConfig> SMALL =
      List.of(
          new PixelCnnConfig(ImageShape.MNIST, 4, 1, 3, 0, false),
          new GatedPixelCnnConfig(ImageShape.MNIST, 4, 2, 3, false, true),
          new PixelRnnConfig(ImageShape.MNIST, 2, 1),
          new PixelRnnConfig(ImageShape.MNIST, 2, 1, Kind.DIAGONAL));

  private static void holds(Backend backend, List<ModelConfig> models, Change change, int step) {
    for (ModelConfig config : models) {
      try (AutoregressiveModel model = config.create(backend, KEY)) {
        Causality.Finding finding = Causality.check(backend, model, change, step);
        assertThat(finding.leaks()).as(config.toString()).isEmpty();
        assertThat(finding.reached()).as(config.toString()).isPositive();
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void onTheReference(Change change) {
    onTheReference(change, SOME);
  }

  @ParameterizedTest
  @EnumSource
  @Tag("exhaustive")
  void onTheReferenceAtEveryPosition(Change change) {
    onTheReference(change, 1);
  }

  private static void onTheReference(Change change, int step) {
    try (Backend backend = Backends.open("nd4j")) {
      holds(backend, SMALL, change, step);
    }
  }

  @ParameterizedTest
  @EnumSource
  void onTheCpuWithKernelsUpToSeven(Change change) {
    onTheCpuWithKernelsUpToSeven(change, 9); // 88 positions, in every row and column
  }

  @ParameterizedTest
  @EnumSource
  @Tag("exhaustive")
  void onTheCpuAtEveryPosition(Change change) {
    onTheCpuWithKernelsUpToSeven(change, 1);
  }

  private static void onTheCpuWithKernelsUpToSeven(Change change, int step) {
    try (Backend backend = Backends.open("cpu")) {
      holds(backend, SMALL, change, step);
      holds(
          backend,
          List.of(
              new PixelCnnConfig(ImageShape.MNIST, 5, 2, 7, 0, false),
              new PixelCnnConfig(ImageShape.MNIST, 3, 2, 5, 0, false),
              new PixelCnnConfig(ImageShape.MNIST, 6, 0, 5, 3, true),
              new GatedPixelCnnConfig(ImageShape.MNIST, 5, 3, 7, false, false),
              new GatedPixelCnnConfig(ImageShape.MNIST, 3, 2, 5, true, false),
              new PixelRnnConfig(ImageShape.MNIST, 5, 3),
              new PixelRnnConfig(ImageShape.MNIST, 5, 3, Kind.DIAGONAL)),
          change,
          step);
    }
  }

  /// Of so many channels that rows of the kernel are computed four outputs at a time.
  @ParameterizedTest
  @EnumSource
  void onTheCpuByMinimalFiltering(Change change) {
    try (Backend backend = Backends.open("cpu")) {
      holds(
          backend,
          List.of(
              new PixelCnnConfig(ImageShape.MNIST, 64, 1, 7, 0, false),
              new GatedPixelCnnConfig(ImageShape.MNIST, 64, 1, 5, false, false),
              new PixelRnnConfig(ImageShape.MNIST, 64, 1)),
          change,
          SOME);
    }
  }

  @ParameterizedTest
  @CsvSource({"FLIP, 135", "POISON, 81"})
  void onTheSoftwareGpu(Change change, int step) {
    try (Backend backend = Backends.openSoftwareGpu()) {
      holds(backend, SMALL, change, step);
    }
  }

  @ParameterizedTest
  @EnumSource
  @Tag("exhaustive")
  void onTheSoftwareGpuInEveryColumn(Change change) {
    onTheSoftwareGpu(change, SOME);
  }

  /// An mma cannot select, so what must not be seen is taken out before it. A later logit need not
  /// move where a pixel's change is lost in rounding, but NaN is not.
  @ParameterizedTest
  @CsvSource({"TF32, POISON", "BF16, POISON", "BF16, FLIP"})
  void onTensorCores(Precision precision, Change change) {
    try (Backend backend = Backends.openSoftwareGpu(SoftwareGpu.STANDARD, precision)) {
      holds(backend, SMALL, change, 135);
    }
  }
}
