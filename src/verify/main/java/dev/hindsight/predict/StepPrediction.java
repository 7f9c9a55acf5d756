package dev.hindsight.predict;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.backend.Precision;
import dev.hindsight.backend.SoftwareGpu;
import dev.hindsight.error.UserException;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.model.ModelConfig;
import dev.hindsight.random.RandomKey;
import dev.hindsight.train.Optimizer;
import dev.hindsight.train.Recipe;
import dev.hindsight.train.TrainingStep;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

public final class StepPrediction {
  /// Blocks of a launch that are counted: enough for all kinds of tiles that a kernel has.
  private static final int SAMPLED_BLOCKS = 8;

  /// Images of a step, at most: all that MNIST has to train on.
  private static final int LARGEST_BATCH = 60_000;

  private StepPrediction() {}

  /// Refuses a batch that no step has.
  ///
  /// @throws UserException when it is not from 1 to 60,000
  public static void requireBatch(int images) {
    if (images < 1 || images > LARGEST_BATCH) {
      throw new UserException(
          "--batch must be from 1 to %d but is %d".formatted(LARGEST_BATCH, images));
    }
  }

  /// Lists what a step does, counts each of its ops on the software GPU, and adds up.
  ///
  /// @param model its name, with `preset` for people
  /// @param config the model's sizes
  public static Prediction of(
      String model,
      String preset,
      ModelConfig config,
      Recipe recipe,
      int batch,
      Precision precision,
      GpuRates gpu) {
    requireBatch(batch);
    gpu.require(precision);
    var listing = new StepListing(precision);
    Backend listed = listing.backend();
    try (Backend counting = Backends.openSoftwareGpu(sampling(gpu), precision);
        AutoregressiveModel fresh = config.create(listed, RandomKey.of(0))) {
      var optimizer = Optimizer.of(listed, fresh.parameters(), recipe);
      try (TrainingStep step = new TrainingStep(listed, fresh, optimizer, false)) {
        float[] pixels = new float[batch * fresh.shape().values()];
        step.run(pixels, batch, 1e-4f); // reserves
        listing.take();
        step.run(pixels, batch, 1e-4f);
      }
      var flat = fresh.parameters().flat();
      List<Operand> values =
          Stream.of(flat.value(), flat.rounded())
              .filter(Objects::nonNull)
              .map(Operand::of)
              .toList();
      List<Operand> updated =
          Stream.of(flat.grad(), flat.firstMoment(), flat.secondMoment()).map(Operand::of).toList();
      var walk = new StepWalk(gpu, new OpCounter(counting), values, updated);
      listing.take().forEach(walk::take);
      String what =
          "a training step of %s (%s), batch %d of %s"
              .formatted(model, preset, batch, config.shape());
      return new Prediction(what, batch, precision, gpu, walk.ops());
    }
  }

  /// A software GPU whose launches are those of this GPU.
  static SoftwareGpu sampling(GpuRates gpu) {
    return SoftwareGpu.sampling(
        gpu.cores().multiprocessors(), SAMPLED_BLOCKS, gpu.capability(), gpu.sharedBytesOfBlock());
  }
}
