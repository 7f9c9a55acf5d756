package dev.hindsight.train;

import dev.hindsight.backend.Backend;
import dev.hindsight.data.Batch;
import dev.hindsight.data.Batches;
import dev.hindsight.data.Dataset;
import dev.hindsight.error.UserException;
import dev.hindsight.format.TensorBoardWriter;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.random.RandomKey;
import dev.hindsight.sample.BatchSampler;
import dev.hindsight.sample.BatchSampler.Plan;
import dev.hindsight.sample.BatchSampler.Way;
import dev.hindsight.sample.ImageSheet;
import dev.hindsight.train.Checkpoint.Reached;
import java.nio.file.Files;
import java.util.Locale;
import java.util.Optional;

/// Trains a run to its end: epochs, test likelihood, checkpoints, metrics and the sample sheet.
///
/// A checkpoint is written after every epoch, so a run that is stopped at any moment goes on from
/// its last whole epoch, to the same bits as if it had never stopped.
public final class Trainer {
  private static final int SHEET = 25;
  private static final int EVALUATION_BATCH = 100;

  private final RunFolder folder;
  private final RunConfig config;
  private final Backend backend;
  private final AutoregressiveModel model;
  private final Batches training;
  private final Batches test;
  private final ProgressBar bar;
  private final Adam adam;
  private final TrainingStep step;
  private final RandomKey key;
  private final boolean graph;
  private Reached reached = Reached.START;

  /// @param model with fresh weights; a resumed run's are read from its folder
  /// @param graph whether steps and the drawing of the sheet may be recorded; the bits are the same
  public Trainer(
      RunFolder folder,
      RunConfig config,
      Backend backend,
      AutoregressiveModel model,
      Dataset trainingData,
      Dataset testData,
      ProgressBar bar,
      boolean graph) {
    Recipe recipe = config.recipe();
    this.folder = folder;
    this.config = config;
    this.backend = backend;
    this.model = model;
    this.key = RandomKey.of(config.seed());
    this.training =
        Batches.training(trainingData, recipe.batch(), recipe.binarize(), key.fold("train"));
    this.test = Batches.evaluation(testData, EVALUATION_BATCH, recipe.binarize(), key.fold("test"));
    this.bar = bar;
    this.graph = graph;
    this.adam = new Adam(backend, model.parameters(), recipe.weightDecay(), recipe.clipNorm());
    this.step = new TrainingStep(backend, model, adam, graph, key.fold("step"));
  }

  /// What a run came to.
  ///
  /// @param bestNats lowest test NLL of any epoch, that of `model.safetensors`
  public record Result(double bestNats, int bestEpoch, double lastNats, int epochs) {}

  /// Trains from the last checkpoint of a resumed run, else from the start. Where all epochs are
  /// done but the process was killed before it drew the sheet, that is all there is to do.
  public Result run(boolean resume) {
    Recipe recipe = config.recipe();
    if (resume && hasCheckpoint()) {
      reached = Checkpoint.readState(folder.optimizer(), backend, model);
      adam.resumeAfter(reached.steps());
    } else if (recipe.startFromMeans()) {
      model.startFromMeans(training.data().pixelMeans(recipe.binarize()));
    }
    boolean trained = reached.epochs() >= recipe.epochs();
    if (trained && Files.exists(folder.samples())) {
      throw new UserException(
          "%s: all %d epochs are done already; give more with --epochs"
              .formatted(folder.path(), reached.epochs()));
    }
    folder.deleteSamples(); // a sheet is that of a finished run
    try (Metrics metrics = Metrics.resume(folder.metrics(), reached.steps());
        TensorBoardWriter events = TensorBoardWriter.resume(folder.events(), reached.steps())) {
      Optional<Metric> before = Metrics.last(folder.metrics());
      double last = before.map(Metric::nllNats).orElse(Double.NaN);
      Clock clock =
          new Clock(
              recipe.epochs(),
              training.perEpoch(),
              training.size(),
              reached.steps(),
              before.map(Metric::seconds).orElse(0.0),
              System::nanoTime);
      while (reached.epochs() < recipe.epochs()) {
        last = epoch(clock, metrics, events);
      }
      step.close();
      drawSheet(events);
      return new Result(reached.bestNats(), reached.bestEpoch(), last, reached.epochs());
    }
  }

  /// Whether a resumed run has anything to go on from: one that was stopped in its first epoch has
  /// not, and begins anew.
  private boolean hasCheckpoint() {
    if (Files.exists(folder.optimizer())) {
      return true;
    }
    int epochs = Metrics.last(folder.metrics()).map(Metric::epoch).orElse(0);
    if (epochs > 1 || Files.exists(folder.samples())) {
      throw new UserException(
          "%s: is gone, so the run cannot go on after its %d epochs; train a new run"
              .formatted(folder.optimizer(), epochs));
    }
    return false;
  }

  private double epoch(Clock clock, Metrics metrics, TensorBoardWriter events) {
    Recipe recipe = config.recipe();
    int epoch = reached.epochs() + 1;
    double sum = 0;
    float rate = 0;
    clock.startTraining();
    for (Batch batch : training.epoch(epoch - 1)) {
      rate = recipe.schedule().rate(recipe.rate(), adam.steps(), clock.steps());
      double nats = step.run(batch.pixels(), batch.count(), rate);
      requireNumber(nats, "training loss", epoch);
      sum += nats;
      bar.show(clock.tick(epoch, adam.steps(), nats));
    }
    double trained = sum / training.perEpoch();
    double perSecond = clock.imagesPerSecond();
    double nats = Likelihood.of(backend, model, test).nats();
    requireNumber(nats, "test NLL", epoch);
    keepIfBest(nats);
    for (var kind : Metric.Kind.values()) {
      double nll = kind == Metric.Kind.TRAIN ? trained : nats;
      metrics.add(
          new Metric(kind, epoch, adam.steps(), nll, rate, perSecond, clock.trainingSeconds()));
    }
    events.scalar(adam.steps(), "train/nll_nats", trained);
    events.scalar(adam.steps(), "test/nll_nats", nats);
    events.scalar(adam.steps(), "test/bits_per_dim", Metric.bitsPerDim(nats));
    events.scalar(adam.steps(), "train/lr", rate);
    events.scalar(adam.steps(), "train/images_per_s", perSecond);
    Checkpoint.writeState(folder.optimizer(), backend, model, reached);
    bar.line(
        String.format(
            Locale.ROOT,
            "epoch %d/%d: test %.2f nats, %.4f bits/dim (train %.2f); %.0f images/s%s",
            epoch,
            recipe.epochs(),
            nats,
            Metric.bitsPerDim(nats),
            trained,
            perSecond,
            reached.bestEpoch() == epoch ? "; best so far" : ""));
    return nats;
  }

  /// The best weights and the metrics come before the state: were the process killed in between,
  /// the epoch would be done again, give the same bits and replace its metrics.
  private void keepIfBest(double nats) {
    int epoch = reached.epochs() + 1;
    boolean better = nats < reached.bestNats();
    reached =
        better
            ? new Reached(epoch, adam.steps(), nats, epoch)
            : new Reached(epoch, adam.steps(), reached.bestNats(), reached.bestEpoch());
    if (better) {
      Checkpoint.writeModel(folder.model(), backend, model, reached);
    }
  }

  private void requireNumber(double nats, String what, int epoch) {
    if (!Double.isFinite(nats)) {
      throw new DivergedException(
          "the %s is %s at epoch %d, step %d; %s; try a lower --lr than %s"
              .formatted(
                  what,
                  nats,
                  epoch,
                  adam.steps(),
                  reached.bestEpoch() == 0
                      ? "no checkpoint was written yet"
                      : "%s keeps epoch %d with %.2f nats"
                          .formatted(folder.model(), reached.bestEpoch(), reached.bestNats()),
                  config.recipe().rate()));
    }
  }

  /// 25 images from the best weights.
  private void drawSheet(TensorBoardWriter events) {
    Checkpoint.readModel(folder.model(), backend, model);
    var plan = new Plan(SHEET, 1, key.fold("samples"), 0, Way.BEST, graph);
    try (BatchSampler sampler = new BatchSampler(backend, model, plan)) {
      byte[] png = ImageSheet.DEFAULT.png(sampler.draw(0), SHEET);
      folder.write(folder.samples().getFileName().toString(), png);
      events.image(
          adam.steps(),
          "samples",
          ImageSheet.DEFAULT.width(SHEET),
          ImageSheet.DEFAULT.height(SHEET),
          png);
    }
  }
}
