package dev.hindsight.predict;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.backend.Precision;
import dev.hindsight.backend.SoftwareGpu;
import dev.hindsight.error.UserException;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.model.ModelConfig;
import dev.hindsight.predict.StepListing.Event;
import dev.hindsight.random.RandomKey;
import dev.hindsight.train.Adam;
import dev.hindsight.train.Recipe;
import dev.hindsight.train.TrainingStep;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/// How long a training step would take on a GPU that nobody needs to have: a prediction.
///
/// @param reservedBytes of the model, the batch and what a step keeps
/// @param ops in the order of the step, the same op of the same shape once
public record StepPrediction(
    String model,
    String preset,
    int batch,
    Precision precision,
    GpuRates gpu,
    long parameters,
    long reservedBytes,
    List<Op> ops) {
  /// Blocks of a launch that are counted: enough for all kinds of tiles that a kernel has.
  static final int SAMPLED_BLOCKS = 8;

  /// Images of a step, at most: all that MNIST has to train on.
  public static final int LARGEST_BATCH = 60_000;

  /// Refuses a batch that no step has.
  ///
  /// @throws UserException when it is not from 1 to [#LARGEST_BATCH]
  public static void requireBatch(int images) {
    if (images < 1 || images > LARGEST_BATCH) {
      throw new UserException(
          "--batch must be from 1 to %d but is %d".formatted(LARGEST_BATCH, images));
    }
  }

  /// One op of the step.
  ///
  /// @param calls of this op with these shapes
  /// @param launches of all of them
  public record Op(String label, int calls, List<LaunchTime> launches) {
    /// Microseconds of all calls.
    public double microseconds() {
      return launches.stream().mapToDouble(LaunchTime::microseconds).sum();
    }

    /// The launch that takes longest.
    public LaunchTime longest() {
      return launches.stream()
          .max(Comparator.comparingDouble(LaunchTime::microseconds))
          .orElseThrow();
    }
  }

  /// Predicts a step of a model.
  ///
  /// @param model its name, with `preset` for people
  /// @param config the model's sizes
  /// @param batch images, at most [#LARGEST_BATCH]
  public static StepPrediction of(
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
    Listed listed = list(listing, config, recipe, batch);
    SoftwareGpu how = sampling(gpu);
    try (Backend counting = Backends.openSoftwareGpu(how, precision)) {
      var walk = new StepWalk(gpu, new OpCounter(counting), listed.values, listed.updated);
      listed.events.forEach(walk::take);
      return new StepPrediction(
          model,
          preset,
          batch,
          precision,
          gpu,
          listed.parameters,
          listed.reservedBytes,
          walk.ops());
    }
  }

  /// A software GPU whose launches are those of this GPU.
  static SoftwareGpu sampling(GpuRates gpu) {
    return SoftwareGpu.sampling(
        gpu.multiprocessors(), SAMPLED_BLOCKS, gpu.capability(), gpu.sharedBytesOfBlock());
  }

  /// What a step does, and which memory outlives it.
  private record Listed(
      List<Event> events,
      List<Operand> values,
      List<Operand> updated,
      long parameters,
      long reservedBytes) {}

  private static Listed list(StepListing listing, ModelConfig config, Recipe recipe, int batch) {
    Backend backend = listing.backend();
    try (AutoregressiveModel fresh = config.create(backend, RandomKey.of(0))) {
      var flat = fresh.parameters().flat();
      var adam = new Adam(backend, fresh.parameters(), recipe.weightDecay(), recipe.clipNorm());
      try (TrainingStep step = new TrainingStep(backend, fresh, adam, false)) {
        float[] pixels = new float[batch * AutoregressiveModel.PIXELS];
        step.run(pixels, batch, 1e-4f); // reserves
        listing.take();
        step.run(pixels, batch, 1e-4f);
      }
      return new Listed(
          listing.take(),
          Stream.of(flat.value(), flat.rounded())
              .filter(Objects::nonNull)
              .map(Operand::of)
              .toList(),
          Stream.of(flat.grad(), flat.firstMoment(), flat.secondMoment()).map(Operand::of).toList(),
          fresh.parameters().count(),
          backend.reservedBytes());
    }
  }

  /// Microseconds of the step.
  public double microseconds() {
    return ops.stream().mapToDouble(Op::microseconds).sum();
  }

  /// Launches, memsets and copies.
  public int nodes() {
    return ops.stream().mapToInt(op -> op.launches().size()).sum();
  }

  long flops() {
    return launches().mapToLong(LaunchTime::flops).sum();
  }

  long memoryBytes() {
    return launches().mapToLong(LaunchTime::memoryBytes).sum();
  }

  private Stream<LaunchTime> launches() {
    return ops.stream().flatMap(op -> op.launches().stream());
  }
}
