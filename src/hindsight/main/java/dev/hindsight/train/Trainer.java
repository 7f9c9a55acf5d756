package dev.hindsight.train;

import dev.hindsight.backend.Backend;
import dev.hindsight.data.Batches;
import dev.hindsight.data.Binarize;
import dev.hindsight.data.Dataset;
import dev.hindsight.error.UserException;
import dev.hindsight.exchange.Exchange;
import dev.hindsight.exchange.Shards;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.model.BernoulliHead;
import dev.hindsight.model.Causality;
import dev.hindsight.random.RandomKey;
import dev.hindsight.tensor.Tensor;
import dev.hindsight.train.Checkpoint.Reached;
import dev.hindsight.train.WorkerGroup.Stretch;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
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
///
/// A model that Hindsight does not bring is checked before its first step: one that sees a pixel
/// which it predicts, or a later one, would learn to copy.
public final class Trainer implements AutoCloseable {
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

  /// Of the positions of an image, at least.
  private static final int CHECKED = 29;

  private final Backend backend;
  private final AutoregressiveModel model;
  private final Recipe recipe;
  private final Batches training;
  private final WorkerGroup workers;
  private final boolean remembers;
  private final @Nullable WeightAverage average;
  private Consumer<Progress> watch = _ -> {};
  private Consumer<Reached> keep = _ -> {};
  private int checkpointEvery = Integer.MAX_VALUE;
  private Reached reached = Reached.START;
  private double secondsBefore;
  private @Nullable Clock clock;
  private float[] best = {};
  private double last = Double.NaN;

  /// @param backend that holds the model
  /// @param model with fresh weights
  /// @param key of all that is drawn at random: the order of images, their pixels, dropout
  /// @param trainingData images to learn from
  /// @param validationData other images, that measure how well it predicts and choose the best
  ///   epoch; so they are no test
  public Trainer(
      Backend backend,
      AutoregressiveModel model,
      Recipe recipe,
      RandomKey key,
      Dataset trainingData,
      Dataset validationData) {
    this(
        backend,
        model,
        recipe,
        key,
        trainingData,
        new Worker(
            backend,
            model,
            recipe,
            key,
            trainingData,
            validationData,
            true,
            Shards.ONE,
            Exchange.SOLO),
        true);
  }

  /// @param workers who train the model
  /// @param remembers whether to keep a copy of the best weights on the host
  Trainer(
      Backend backend,
      AutoregressiveModel model,
      Recipe recipe,
      RandomKey key,
      Dataset trainingData,
      WorkerGroup workers,
      boolean remembers) {
    this.backend = backend;
    this.model = model;
    this.recipe = recipe;
    this.training = Worker.training(trainingData, recipe, key);
    this.workers = workers;
    this.remembers = remembers;
    this.average = workers.average();
  }

  /// Tells `steps` after every step where training is.
  public void watch(Consumer<Progress> steps) {
    watch = steps;
  }

  /// Tells `checkpoints` every so many steps of an epoch how far it has come.
  void keep(Consumer<Reached> checkpoints) {
    keep = checkpoints;
  }

  /// @param steps between two checkpoints within an epoch
  void checkpointEvery(int steps) {
    checkpointEvery = steps;
  }

  /// Goes on where an earlier process stopped; weights and moments are restored by the caller.
  void resumeAfter(Reached earlier) {
    if (earlier.begunSteps() >= training.perEpoch()) {
      throw new UserException(
          "its state is %d steps into an epoch of %d; it is of another run, train again"
              .formatted(earlier.begunSteps(), training.perEpoch()));
    }
    reached = earlier;
  }

  /// The average of the weights, for a checkpoint; null where the recipe wants none.
  @Nullable Tensor average() {
    return average == null ? null : average.value();
  }

  /// The weights that are evaluated and kept: their average once it has moved, or themselves.
  Tensor evaluated() {
    WeightAverage moved = movedAverage();
    return moved == null ? model.parameters().flat().value() : moved.value();
  }

  /// What somebody finds while the model has these.
  <T> T evaluating(Supplier<T> look) {
    WeightAverage moved = movedAverage();
    return moved == null ? look.get() : moved.measured(look);
  }

  private @Nullable WeightAverage movedAverage() {
    return average != null && average.moved(reached.steps()) ? average : null;
  }

  /// How long the training steps of earlier processes took.
  void trainedBefore(double seconds) {
    secondsBefore = seconds;
  }

  Reached reached() {
    return reached;
  }

  public boolean hasNext() {
    return !recipe.ends(reached.epochs(), reached.bestEpoch());
  }

  /// Trains one epoch, then looks at the validation images.
  ///
  /// @throws DivergedException when a loss is no number any more
  /// @throws UserException when the model looks ahead
  /// @throws IllegalStateException when no epoch is left
  public Epoch next() {
    if (!hasNext()) {
      throw new IllegalStateException(
          "trainer: all %d epochs are done".formatted(reached.epochs()));
    }
    Clock time = begun();
    int epoch = reached.epochs() + 1;
    time.startTraining();
    trainStretch(time, epoch);
    while (reached.begunSteps() < training.perEpoch()) {
      keep.accept(reached);
      time.startTraining();
      trainStretch(time, epoch);
    }
    double trained = reached.begunNats() / training.perEpoch();
    double perSecond = time.imagesPerSecond();
    last = evaluating(this::validate);
    requireNumber(last, "validation NLL", epoch);
    reached = reached.epochDone(last);
    boolean better = reached.bestEpoch() == epoch;
    if (better && remembers) {
      best = backend.readFloats(evaluated());
    }
    float rate = Worker.rate(recipe, reached.steps() - 1, training.perEpoch());
    return new Epoch(
        epoch, reached.steps(), trained, last, rate, perSecond, time.trainingSeconds(), better);
  }

  /// Up to the next checkpoint or the end of the epoch.
  private void trainStretch(Clock time, int epoch) {
    int from = reached.begunSteps();
    int before = reached.steps();
    int to = from + Math.min(checkpointEvery, training.perEpoch() - from);
    double trained = time.trainingSeconds();
    double[] nats =
        workers.train(
            new Stretch(epoch - 1, from, to),
            (done, now) -> watch.accept(time.tick(epoch, before + done, now, model.shape())));
    reached = reached.after(nats, time.trainingSeconds() - trained);
    requireNumber(nats[nats.length - 1], "training loss", epoch);
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

  private double validate() {
    return workers.likelihood().nats();
  }

  private void startFromData() {
    Dataset data = training.data();
    Binarize binarize = recipe.pixels().binarize();
    if (model.config().head() instanceof BernoulliHead) {
      model.startFromMeans(data.pixelMeans(binarize));
    } else {
      model.startFromLevels(
          model.hasBiasOfEachValue()
              ? data.levelsOfValues(binarize)
              : data.levelsOfChannels(binarize));
    }
  }

  private Clock begun() {
    if (clock == null) {
      requireCausal();
      if (recipe.weights().startFromMeans() && reached.steps() == 0) {
        startFromData();
      }
      if (average != null && reached.steps() == 0) {
        average.begin();
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

  /// Costs two forward passes of 30 images. Hindsight's own models are held to it by its tests.
  private void requireCausal() {
    if (BuiltInModel.includes(model.config())) {
      return;
    }
    int step = Causality.step(model.shape(), CHECKED);
    List<String> leaks = Causality.check(backend, model, step, Causality.Change.FLIP).leaks();
    if (!leaks.isEmpty()) {
      throw new UserException(
          "model %s looks ahead: %s; compute each logit from earlier pixels alone,"
                  .formatted(model.config().name(), leaks.getFirst())
              + " for instance from ops.previousPixel");
    }
  }

  private void requireNumber(double nats, String what, int epoch) {
    if (!Double.isFinite(nats)) {
      throw new DivergedException(
          "the %s is %s at epoch %d, step %d".formatted(what, nats, epoch, reached.steps()),
          "try a lower rate than " + recipe.rate().peak());
    }
  }

  /// Gives back what recorded steps hold. The model stays open.
  @Override
  public void close() {
    workers.close();
  }
}
