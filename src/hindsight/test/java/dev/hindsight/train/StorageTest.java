package dev.hindsight.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.backend.Precision;
import dev.hindsight.backend.SoftwareGpu;
import dev.hindsight.image.ImageShape;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.model.ModelConfig;
import dev.hindsight.model.gatedpixelcnn.GatedPixelCnnConfig;
import dev.hindsight.model.lstm.LstmConfig;
import dev.hindsight.model.made.MadeConfig;
import dev.hindsight.model.pixelcnn.PixelCnnConfig;
import dev.hindsight.model.pixelrnn.PixelRnnConfig;
import dev.hindsight.model.transformer.TransformerConfig;
import dev.hindsight.model.wavenet.WaveNetConfig;
import dev.hindsight.nn.ImageLstm.Kind;
import dev.hindsight.nn.Parameters;
import dev.hindsight.random.RandomKey;
import dev.hindsight.sample.BatchSampler;
import dev.hindsight.sample.BatchSampler.Plan;
import dev.hindsight.sample.BatchSampler.Strategy;
import dev.hindsight.tensor.ElementType;
import dev.hindsight.testing.BinaryPixels;
import dev.hindsight.testing.CpuInBf16;
import java.nio.file.Path;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/// Training with activations in bf16, of every model on the software GPU and the cpu: weights are
/// learnt in fp32, their copy follows, and a checkpoint knows nothing of it.
@Tag("slow")
class StorageTest {
  private static final int BATCH = 2;
  private static final RandomKey KEY = RandomKey.of(31);
  private static final ImageShape SMALL = new ImageShape(9, 7);
  private static final MadeConfig MADE = MadeConfig.random(SMALL, 24, 2, KEY);

  @TempDir private Path folder;

  /// What trains.
  enum Place {
    SOFTWARE_GPU,
    CPU;

    Backend open(Precision precision) {
      return switch (this) {
        case SOFTWARE_GPU -> Backends.openSoftwareGpu(SoftwareGpu.STANDARD, precision);
        case CPU ->
            precision == Precision.BF16 ? CpuInBf16.open() : Backends.open("cpu", precision);
      };
    }

    boolean has(Precision precision) {
      return this == SOFTWARE_GPU || precision != Precision.TF32;
    }
  }

  static Stream<Arguments> models() {
    return Stream.of(
            MADE,
            new WaveNetConfig(SMALL, 5, 2, 2),
            new PixelCnnConfig(SMALL, 3, 1, 3, 0, false),
            new GatedPixelCnnConfig(SMALL, 3, 1, 3, false, false),
            new TransformerConfig(SMALL, 6, 1, 2, 0.1f),
            new LstmConfig(SMALL, 5, 1),
            new PixelRnnConfig(SMALL, 2, 1),
            new PixelRnnConfig(SMALL, 2, 1, Kind.DIAGONAL))
        .flatMap(config -> Stream.of(Place.values()).map(place -> Arguments.of(place, config)));
  }

  private static float[] pixels(ImageShape shape) {
    return BinaryPixels.of(KEY.fold("pixels"), BATCH * shape.pixels(), 0.3f);
  }

  /// The nats of so many steps.
  private static double[] train(Backend backend, AutoregressiveModel model, Adam adam, int steps) {
    double[] nats = new double[steps];
    try (TrainingStep step = new TrainingStep(backend, model, adam, true, KEY)) {
      for (int k = 0; k < steps; k++) {
        nats[k] = step.run(pixels(model.shape()), BATCH, 1e-3f);
      }
    }
    return nats;
  }

  private static float[] weights(Backend backend, AutoregressiveModel model) {
    return backend.readFloats(model.parameters().flat().value());
  }

  private static void assertCopyFollows(Backend backend, Parameters parameters) {
    float[] values = backend.readFloats(parameters.flat().value());
    float[] copies = backend.readFloats(Objects.requireNonNull(parameters.flat().rounded()));
    for (int k = 0; k < values.length; k++) {
      assertThat(copies[k]).as("weight %d", k).isEqualTo(ElementType.BF16.round(values[k]));
    }
  }

  @ParameterizedTest
  @MethodSource("models")
  void learnsLikeFp32WithTheSameBitsTwice(Place place, ModelConfig config) {
    try (Backend half = place.open(Precision.BF16);
        Backend single = place.open(Precision.FP32);
        AutoregressiveModel one = config.create(half, KEY);
        AutoregressiveModel again = config.create(half, KEY);
        AutoregressiveModel exact = config.create(single, KEY)) {
      assertCopyFollows(half, one.parameters());
      double[] nats = train(half, one, new Adam(half, one.parameters(), 0.01f, 1), 3);
      train(half, again, new Adam(half, again.parameters(), 0.01f, 1), 3);
      double[] wanted = train(single, exact, new Adam(single, exact.parameters(), 0.01f, 1), 3);
      assertThat(weights(half, again)).isEqualTo(weights(half, one));
      assertCopyFollows(half, one.parameters());
      for (int k = 0; k < nats.length; k++) {
        assertThat(nats[k] / wanted[k]).as("step %d", k).isBetween(0.998, 1.002);
      }
      assertThat(nats[2]).isLessThan(nats[0]);
    }
    assertThat(Backends.softwareFindings()).isZero();
  }

  /// Weights and moments are all that there is: the copy follows from them.
  @ParameterizedTest
  @EnumSource
  void goesOnFromItsStateWithTheSameBits(Place place) {
    Path state = folder.resolve("state.safetensors");
    try (Backend backend = place.open(Precision.BF16);
        AutoregressiveModel through = MADE.create(backend, KEY);
        AutoregressiveModel first = MADE.create(backend, KEY);
        AutoregressiveModel second = MADE.create(backend, KEY.fold("others"))) {
      train(backend, through, new Adam(backend, through.parameters()), 4);
      train(backend, first, new Adam(backend, first.parameters()), 2);
      Checkpoint.state(backend, first, null, new Checkpoint.Reached(1, 2, 100, 1, 0, 0, 0))
          .write(state);
      Checkpoint.Reached reached =
          Checkpoint.state(state, second, false, Checkpoint.into(backend, second, null));
      Adam adam = new Adam(backend, second.parameters());
      adam.resumeAfter(reached.steps());
      assertCopyFollows(backend, second.parameters());
      train(backend, second, adam, 2);
      assertThat(weights(backend, second)).isEqualTo(weights(backend, through));
    }
  }

  @ParameterizedTest
  @EnumSource
  void theCopyFollowsAnyOtherTensor(Place place) {
    try (Backend backend = place.open(Precision.BF16);
        AutoregressiveModel model = MADE.create(backend, KEY);
        AutoregressiveModel other = MADE.create(backend, KEY.fold("others"))) {
      model.parameters().copyFrom(other.parameters().flat().value());
      assertThat(weights(backend, model)).isEqualTo(weights(backend, other));
      assertCopyFollows(backend, model.parameters());
    }
  }

  @ParameterizedTest
  @EnumSource
  void aCheckpointIsFp32InEveryPrecision(Place place) {
    Path file = folder.resolve("model.safetensors");
    float[] trained;
    try (Backend half = place.open(Precision.BF16);
        AutoregressiveModel model = MADE.create(half, KEY)) {
      train(half, model, new Adam(half, model.parameters()), 2);
      Checkpoint.model(half, model, model.parameters().flat().value(), Checkpoint.Reached.START)
          .write(file);
      trained = weights(half, model);
    }
    for (Precision precision : Precision.values()) {
      if (!place.has(precision)) {
        continue;
      }
      try (Backend other = place.open(precision);
          AutoregressiveModel model = MADE.create(other, KEY.fold("others"))) {
        Checkpoint.readModel(file, model);
        assertThat(weights(other, model)).isEqualTo(trained);
        if (precision == Precision.BF16) {
          assertCopyFollows(other, model.parameters());
        }
      }
    }
  }

  /// Samplers are fp32, the naive one too: the same kernels on the same weights.
  @ParameterizedTest
  @EnumSource
  void drawsTheBitsOfFp32(Place place) {
    float[][] logits = new float[2][];
    float[][] images = new float[2][];
    for (int k = 0; k < 2; k++) {
      try (Backend backend = place.open(k == 0 ? Precision.FP32 : Precision.BF16);
          AutoregressiveModel model = MADE.create(backend, KEY);
          BatchSampler sampler =
              new BatchSampler(backend, model, new Plan(2, 1, KEY, 0, Strategy.STEPS, true))) {
        images[k] = sampler.draw(0);
        logits[k] = sampler.logits();
      }
    }
    assertThat(images[1]).isEqualTo(images[0]);
    assertThat(logits[1]).isEqualTo(logits[0]);
  }
}
