package dev.hindsight.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.backend.Precision;
import dev.hindsight.backend.SoftwareGpu;
import dev.hindsight.exchange.Exchange;
import dev.hindsight.exchange.Shards;
import dev.hindsight.image.ImageShape;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.model.ModelConfig;
import dev.hindsight.model.made.MadeConfig;
import dev.hindsight.random.RandomKey;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/// What is known of a step's memory before it is what the software GPU then reserves.
class ReservedBytesTest {
  private static final RandomKey KEY = RandomKey.of(3);

  /// Bytes of a MADE that are no tensor's: lists of what its masks leave. A scope reserves a
  /// mebibyte or more.
  private static final long LISTS = 1 << 17;

  private static void assertKnown(
      ModelConfig config, Recipe recipe, Shards shards, int batch, Precision precision) {
    long lists = config instanceof MadeConfig ? LISTS : 0;
    long known = TrainingStep.reservedBytes(config, recipe, shards, batch, precision);
    try (Backend gpu = Backends.openSoftwareGpu(SoftwareGpu.STANDARD, precision)) {
      long before = gpu.reservedBytes();
      try (AutoregressiveModel model = config.create(gpu, KEY)) {
        Optimizer optimizer = Optimizer.of(gpu, model.parameters(), recipe);
        WeightAverage average = WeightAverage.of(gpu, model.parameters(), recipe);
        try (var step = new TrainingStep(gpu, model, optimizer, true, KEY, shards, Exchange.SOLO)) {
          for (int k = 1; k <= 3; k++) { // plain, captured, replayed
            step.run(new float[batch * config.shape().values()], batch, 1e-3f);
            if (average != null) {
              average.follow(k);
            }
            assertThat(gpu.reservedBytes() - before).isCloseTo(known, within(lists));
          }
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void ofEveryModel(BuiltInModel model) {
    ModelConfig config = model.tiny(new ImageShape(12, 14));
    assertKnown(config, model.preset("base").recipe(), Shards.ONE, 40, Precision.FP32);
  }

  @ParameterizedTest
  @CsvSource({"FP32, 1", "BF16, 1", "FP32, 4"})
  void ofMuchMoreThanTheLeast(Precision precision, int shards) {
    ModelConfig config = MadeConfig.random(ImageShape.MNIST, 900, 2, KEY);
    Recipe recipe = BuiltInModel.MADE.preset("best").recipe();
    assertKnown(config, recipe, new Shards(shards), 8, precision);
  }
}
