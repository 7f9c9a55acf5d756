package dev.hindsight.train;

import dev.hindsight.backend.Backend;
import dev.hindsight.data.Batch;
import dev.hindsight.data.Batches;
import dev.hindsight.data.Dataset;
import dev.hindsight.exchange.Exchange;
import dev.hindsight.exchange.Shards;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.random.RandomKey;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// One machine that trains: all there is, or one of several that add up gradients by an [Exchange].
/// Each then has all images, computes its shards of every batch, and updates weights of its own,
/// which are those of the others to the bit.
public final class Worker implements WorkerGroup {
  /// Images at a time, by default.
  public static final int EVALUATION_BATCH = 100;

  private final Backend backend;
  private final AutoregressiveModel model;
  private final Recipe recipe;
  private final Batches training;
  private final Batches validation;
  private final Optimizer optimizer;
  private final TrainingStep step;
  private final @Nullable WeightAverage average;

  /// @param key of all that is drawn at random: the order of images, their pixels, dropout
  /// @param graph whether steps may be recorded; the bits are the same
  /// @param shards into how many a batch is cut, which decides the bits
  /// @param exchange with the other workers, who have the same model, recipe, key, data and shards
  public Worker(
      Backend backend,
      AutoregressiveModel model,
      Recipe recipe,
      RandomKey key,
      Dataset trainingData,
      Dataset validationData,
      boolean graph,
      Shards shards,
      Exchange exchange) {
    this.backend = backend;
    this.model = model;
    this.recipe = recipe;
    this.training = training(trainingData, recipe, key);
    this.validation = validation(validationData, recipe, key);
    shards.requireBatch(training.size());
    this.optimizer = Optimizer.of(backend, model.parameters(), recipe);
    this.step =
        new TrainingStep(backend, model, optimizer, graph, key.fold("step"), shards, exchange);
    this.average = WeightAverage.of(backend, model.parameters(), recipe);
  }

  /// The batches that a training by this recipe and key learns from.
  static Batches training(Dataset data, Recipe recipe, RandomKey key) {
    return Batches.training(
        data,
        recipe.batch(),
        recipe.pixels().binarize(),
        recipe.pixels().shear(),
        recipe.pixels().classDropout(),
        key.fold("train"));
  }

  /// The batches that choose the epoch. Their key is called as it was when those were test images.
  public static Batches validation(Dataset data, Recipe recipe, RandomKey key) {
    return Batches.evaluation(data, EVALUATION_BATCH, recipe.pixels().binarize(), key.fold("test"));
  }

  /// The learning rate of a step, from 0, of a whole training.
  static float rate(Recipe recipe, int step, int perEpoch) {
    return recipe.rate().at(step, (long) recipe.epochs() * perEpoch);
  }

  @Override
  public double[] train(Stretch stretch, Watch watch) {
    int before = stretch.epoch() * training.perEpoch() + stretch.from();
    optimizer.resumeAfter(before);
    double[] nats = new double[stretch.steps()];
    int started = 0;
    TrainingStep.@Nullable Loss waiting = null;
    for (Batch batch : training.epoch(stretch.epoch(), stretch.from())) {
      if (started == nats.length) {
        break;
      }
      float rate = rate(recipe, before + started, training.perEpoch());
      TrainingStep.Loss loss = step.start(batch.pixels(), batch.labels(), batch.count(), rate);
      if (average != null) {
        average.follow(before + started + 1);
      }
      if (waiting != null && !look(waiting, nats, started, watch)) {
        return Arrays.copyOf(nats, started);
      }
      waiting = loss;
      started++;
    }
    return waiting == null || look(waiting, nats, started, watch)
        ? nats
        : Arrays.copyOf(nats, started);
  }

  /// A step's loss is looked at when the next one is on its way, so that a device never waits for
  /// the host.
  ///
  /// @param done steps of the stretch, this one included
  /// @return whether it is a number
  private static boolean look(TrainingStep.Loss loss, double[] nats, int done, Watch watch) {
    double now = loss.nats();
    nats[done - 1] = now;
    if (!Double.isFinite(now)) {
      return false;
    }
    watch.at(done, now);
    return true;
  }

  @Override
  public @Nullable WeightAverage average() {
    return average;
  }

  @Override
  public Likelihood likelihood() {
    return Likelihood.of(backend, model, validation);
  }

  @Override
  public void close() {
    step.close();
  }
}
