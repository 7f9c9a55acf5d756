package dev.hindsight.train;

import dev.hindsight.backend.Backend;
import dev.hindsight.data.Batch;
import dev.hindsight.data.Batches;
import dev.hindsight.data.Dataset;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.random.RandomKey;
import dev.hindsight.train.Checkpoint.Reached;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Trains any model by a recipe, in memory: no file is read or written.
///
/// ```java
/// try (Trainer trainer = new Trainer(backend, model, recipe, RandomKey.of(0), digits, test)) {
///   while (trainer.hasNext()) {
///     System.out.println(trainer.next().validationNats()); // after each epoch
///   }
///   trainer.keepBest();
/// }
/// ```
///
/// Same key, data, recipe, initial weights and backend: same bits.
public final class Trainer implements AutoCloseable {
  static final int EVALUATION_BATCH = 100;

  /// What an epoch came to.
  ///
  /// @param number from 1
  /// @param steps optimiser steps since training began
  /// @param trainNats mean loss of its steps, in nats per image
  /// @param validationNats negative log-likelihood of the validation images after it, in nats per
  ///   image
  /// @param rate learning rate of its last step
  /// @param imagesPerSecond of all training steps so far, without evaluations
  /// @param seconds that all training steps so far took
  /// @param best whether every epoch before had more validation nats
  public record Epoch(
      int number,
      int steps,
      double trainNats,
      double validationNats,
      float rate,
      double imagesPerSecond,
      double seconds,
      boolean best) {}

  /// What training came to.
  ///
  /// @param bestNats lowest validation NLL of any epoch, in nats per image
  public record Result(double bestNats, int bestEpoch, double lastNats, int epochs) {}

  private final Backend backend;
  private final AutoregressiveModel model;
  private final Recipe recipe;
  private final Batches training;
  private final Batches validation;
  private final Adam adam;
  private final TrainingStep step;
  private final boolean remembers;
  private Consumer<Progress> watch = _ -> {};
  private Reached reached = Reached.START;
  private double secondsBefore;
  private @Nullable Clock clock;
  private float[] best = {};
  private double last = Double.NaN;

  /// @param backend that holds the model
  /// @param model with fresh weights
  /// @param key of all that is drawn at random: the order of images, their pixels, dropout
  /// @param trainingData images to learn from
  /// @param validationData other images, that tell how well it predicts and choose the best epoch;
  ///   so they are no test
  public Trainer(
      Backend backend,
      AutoregressiveModel model,
      Recipe recipe,
      RandomKey key,
      Dataset trainingData,
      Dataset validationData) {
    this(backend, model, recipe, key, trainingData, validationData, true, true);
  }

  /// @param graph whether steps may be recorded; the bits are the same
  /// @param remembers whether to keep a copy of the best weights on the host
  Trainer(
      Backend backend,
      AutoregressiveModel model,
      Recipe recipe,
      RandomKey key,
      Dataset trainingData,
      Dataset validationData,
      boolean graph,
      boolean remembers) {
    this.backend = backend;
    this.model = model;
    this.recipe = recipe;
    this.training =
        Batches.training(trainingData, recipe.batch(), recipe.binarize(), key.fold("train"));
    this.validation =
        Batches.evaluation(
            validationData, EVALUATION_BATCH, recipe.binarize(), key.fold("test")); // as in 0.1
    this.adam = new Adam(backend, model.parameters(), recipe.weightDecay(), recipe.clipNorm());
    this.step = new TrainingStep(backend, model, adam, graph, key.fold("step"));
    this.remembers = remembers;
  }

  /// Tells `steps` after every step where training is.
  public void watch(Consumer<Progress> steps) {
    watch = steps;
  }

  /// Goes on where an earlier process stopped; weights and moments are restored by the caller.
  void resumeAfter(Reached earlier) {
    reached = earlier;
    adam.resumeAfter(earlier.steps());
  }

  /// How long the training steps of earlier processes took.
  void trainedBefore(double seconds) {
    secondsBefore = seconds;
  }

  /// How far training has come.
  Reached reached() {
    return reached;
  }

  /// Whether the recipe has epochs left.
  public boolean hasNext() {
    return reached.epochs() < recipe.epochs();
  }

  /// Trains one epoch, then looks at the validation images.
  ///
  /// @throws DivergedException when a loss is no number any more
  /// @throws IllegalStateException when no epoch is left
  public Epoch next() {
    if (!hasNext()) {
      throw new IllegalStateException("trainer: all %d epochs are done".formatted(recipe.epochs()));
    }
    Clock time = begun();
    int epoch = reached.epochs() + 1;
    double sum = 0;
    float rate = 0;
    time.startTraining();
    for (Batch batch : training.epoch(epoch - 1)) {
      rate = recipe.schedule().rate(recipe.rate(), adam.steps(), time.steps());
      double nats = step.run(batch.pixels(), batch.count(), rate);
      requireNumber(nats, "training loss", epoch);
      sum += nats;
      watch.accept(time.tick(epoch, adam.steps(), nats));
    }
    double perSecond = time.imagesPerSecond();
    last = Likelihood.of(backend, model, validation).nats();
    requireNumber(last, "validation NLL", epoch);
    boolean better = last < reached.bestNats();
    if (better && remembers) {
      best = backend.readFloats(model.parameters().flat().value());
    }
    reached =
        better
            ? new Reached(epoch, adam.steps(), last, epoch)
            : new Reached(epoch, adam.steps(), reached.bestNats(), reached.bestEpoch());
    double trained = sum / training.perEpoch();
    return new Epoch(
        epoch, adam.steps(), trained, last, rate, perSecond, time.trainingSeconds(), better);
  }

  /// Trains all epochs that are left. The model then has the weights of the best one.
  ///
  /// @throws DivergedException when a loss is no number any more
  public Result run() {
    while (hasNext()) {
      next();
    }
    keepBest();
    return new Result(reached.bestNats(), reached.bestEpoch(), last, reached.epochs());
  }

  /// Gives the model the weights of its best epoch so far.
  public void keepBest() {
    if (best.length > 0) {
      model.parameters().write(best);
    }
  }

  private Clock begun() {
    if (clock == null) {
      if (recipe.startFromMeans() && reached.epochs() == 0) {
        model.startFromMeans(training.data().pixelMeans(recipe.binarize()));
      }
      clock =
          new Clock(
              recipe.epochs(),
              training.perEpoch(),
              training.size(),
              reached.steps(),
              secondsBefore,
              System::nanoTime);
    }
    return clock;
  }

  private void requireNumber(double nats, String what, int epoch) {
    if (!Double.isFinite(nats)) {
      throw new DivergedException(
          "the %s is %s at epoch %d, step %d".formatted(what, nats, epoch, adam.steps()),
          "try a lower rate than " + recipe.rate());
    }
  }

  /// Gives back what recorded steps hold. The model stays open.
  @Override
  public void close() {
    step.close();
  }
}
