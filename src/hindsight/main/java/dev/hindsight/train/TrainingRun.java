package dev.hindsight.train;

import dev.hindsight.backend.Backend;
import dev.hindsight.data.Dataset;
import dev.hindsight.error.NotFiniteException;
import dev.hindsight.error.UserException;
import dev.hindsight.exchange.Exchange;
import dev.hindsight.exchange.Shards;
import dev.hindsight.format.SafetensorsWriter;
import dev.hindsight.format.TensorBoardWriter;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.random.RandomKey;
import dev.hindsight.sample.BatchSampler;
import dev.hindsight.sample.BatchSampler.Plan;
import dev.hindsight.sample.BatchSampler.Strategy;
import dev.hindsight.sample.Conditioning;
import dev.hindsight.sample.ImageSheet;
import dev.hindsight.train.Checkpoint.Reached;
import dev.hindsight.train.RunData.Splits;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Trains a run to its end: what a [Trainer] does, with checkpoints, metrics and the sample sheet
/// in a folder.
///
/// A checkpoint is written after every epoch, so a run that is stopped at any moment goes on from
/// its last checkpoint, to the same bits as if it had never stopped.
public final class TrainingRun {
  private static final int SHEET = 25;
  private static final int EPOCHS = 8; // each of which may have a row of samples

  private final RunFolder folder;
  private final RunConfig config;
  private final Backend backend;
  private final AutoregressiveModel model;
  private final ProgressBar bar;
  private final Dataset test;
  private final Trainer trainer;
  private final boolean graph;
  private boolean drawsEpochs;

  /// @param model with fresh weights; a resumed run's are read from its folder
  /// @param images see [RunData#split]; those of the test are looked at once, at the end, unless
  ///   they choose the epoch
  /// @param graph whether steps and the drawing of the sheet may be recorded; the bits are the same
  public TrainingRun(
      RunFolder folder,
      RunConfig config,
      Backend backend,
      AutoregressiveModel model,
      Splits images,
      ProgressBar bar,
      boolean graph) {
    this(
        folder,
        config,
        backend,
        model,
        images,
        worker(config, backend, model, images, graph),
        bar,
        graph);
  }

  /// @param backend that holds the model
  /// @param workers who train the model on these images; the run closes them
  public TrainingRun(
      RunFolder folder,
      RunConfig config,
      Backend backend,
      AutoregressiveModel model,
      Splits images,
      WorkerGroup workers,
      ProgressBar bar,
      boolean graph) {
    this.folder = folder;
    this.config = config;
    this.backend = backend;
    this.model = model;
    this.bar = bar;
    this.test = images.test();
    this.graph = graph;
    this.trainer =
        new Trainer(backend, model, config.recipe(), key(), images.training(), workers, false);
    trainer.watch(bar::show);
    trainer.keep(this::keep);
  }

  /// Writes a checkpoint after so many steps of an epoch, too, for epochs that take long.
  public void checkpointEvery(int steps) {
    trainer.checkpointEvery(steps);
  }

  /// Draws a row of samples after each of the first eight epochs and after those that are powers of
  /// two, too: of the same uniforms, so they show what is learnt. See [RunFolder#samples(int)].
  public void drawEpochs() {
    drawsEpochs = true;
  }

  private void keep(Reached reached) {
    state(reached).write(folder.optimizer());
  }

  private SafetensorsWriter state(Reached reached) {
    return Checkpoint.state(backend, model, trainer.average(), reached);
  }

  private static Worker worker(
      RunConfig config, Backend backend, AutoregressiveModel model, Splits images, boolean graph) {
    return new Worker(
        backend,
        model,
        config.recipe(),
        RandomKey.of(config.seed()),
        images.training(),
        images.validation(),
        graph,
        new Shards(config.arithmetic().shards()),
        Exchange.SOLO);
  }

  private RandomKey key() {
    return RandomKey.of(config.seed());
  }

  /// What a run came to.
  ///
  /// @param test nats of the best weights on test images; none where those chose the epoch
  public record Result(Trainer.Result trained, Optional<Likelihood> test) {}

  /// Trains from the last checkpoint of a resumed run, else from the start. Where all epochs are
  /// done but the process was killed before it had looked at the test images or drawn the sheet,
  /// that is all there is to do. Of a run that is refused no file changes.
  public Result run(boolean resume) {
    if (resume && !restore()) {
      bar.line("no whole epoch was saved, so the run begins at its first");
    }
    folder.begin(config);
    int steps = trainer.reached().steps();
    try (Metrics metrics =
            Metrics.resume(folder.metrics(), model.shape(), metric -> isKept(metric, steps));
        TensorBoardWriter events = TensorBoardWriter.resume(folder.events(), steps)) {
      Optional<Metric> before = Metrics.last(folder.metrics());
      trainer.trainedBefore(
          before.map(Metric::seconds).orElse(0.0) + trainer.reached().begunSeconds());
      double last = before.map(Metric::nllNats).orElse(Double.NaN);
      while (trainer.hasNext()) {
        last = epoch(metrics, events);
      }
      trainer.close();
      Checkpoint.readModel(folder.model(), model);
      Optional<Likelihood> found =
          config.data().holdsOut() ? Optional.of(test(metrics, events)) : Optional.empty();
      drawSheet(events);
      Reached at = trainer.reached();
      return new Result(
          new Trainer.Result(at.bestNats(), at.bestEpoch(), last, at.epochs()), found);
    }
  }

  /// The nats on test images are those of a run's end: one that goes on looks again.
  private boolean isKept(Metric metric, int steps) {
    return metric.step() <= steps
        && !(config.data().holdsOut() && metric.kind() == Metric.Kind.TEST);
  }

  /// The one look at the test images.
  private Likelihood test(Metrics metrics, TensorBoardWriter events) {
    Likelihood found = Protocol.of(config).measure(backend, model, test, Worker.EVALUATION_BATCH);
    int steps = trainer.reached().steps();
    Optional<Metric> last = Metrics.last(folder.metrics()); // none where the file was taken away
    metrics.add(
        new Metric(
            Metric.Kind.TEST,
            trainer.reached().bestEpoch(),
            steps,
            found.nats(),
            last.map(Metric::learningRate).orElse((double) config.recipe().rate().peak()),
            last.map(Metric::imagesPerSecond).orElse(0.0),
            last.map(Metric::seconds).orElse(0.0),
            found.standardError()));
    metrics.force();
    events.scalar(steps, "test/nll_nats", found.nats());
    events.scalar(steps, "test/bits_per_dim", found.bitsPerDim(model.shape()));
    return found;
  }

  /// Reads what a stopped run goes on from and looks whether it could come to its end. Nothing is
  /// written, so that a run that cannot go on stays as it is.
  ///
  /// @return whether there was anything: a run that was stopped in its first epoch begins anew
  /// @throws UserException when it cannot go on
  public boolean restore() {
    return new StoppedRun(folder, config, backend, model, trainer).restore();
  }

  /// An epoch, and what it leaves: all of it read before any of it is written, so that one whose
  /// last step went wrong leaves nothing.
  ///
  /// @param best weights; null where it was no better than others
  /// @param row of samples, or of none where it draws none
  @SuppressWarnings("ArrayRecordComponent") // nobody compares them
  private record EpochResult(
      Trainer.Epoch epoch, @Nullable SafetensorsWriter best, SafetensorsWriter state, byte[] row) {}

  /// The best weights, the metrics and the events are on disk before the state gets its name: were
  /// the process or the machine stopped in between, the epoch would be done again, give the same
  /// bits and replace its metrics.
  private double epoch(Metrics metrics, TensorBoardWriter events) {
    EpochResult result = next();
    Trainer.Epoch epoch = result.epoch();
    int steps = epoch.steps();
    if (result.best() != null) {
      result.best().write(folder.model());
    }
    if (result.row().length > 0) {
      folder.write(folder.samples(epoch.number()).getFileName().toString(), result.row());
    }
    Metric.Kind chooser = config.data().chooser();
    for (var kind : List.of(Metric.Kind.TRAIN, chooser)) {
      double nll = kind == Metric.Kind.TRAIN ? epoch.trainNats() : epoch.validationNats();
      metrics.add(
          new Metric(
              kind,
              epoch.number(),
              steps,
              nll,
              epoch.rate(),
              epoch.imagesPerSecond(),
              epoch.seconds(),
              Double.NaN));
    }
    events.scalar(steps, "train/nll_nats", epoch.trainNats());
    events.scalar(steps, chooser.word() + "/nll_nats", epoch.validationNats());
    events.scalar(
        steps, chooser.word() + "/bits_per_dim", model.shape().bitsPerDim(epoch.validationNats()));
    events.scalar(steps, "train/lr", epoch.rate());
    events.scalar(steps, "train/images_per_s", epoch.imagesPerSecond());
    metrics.force();
    events.force();
    result.state().write(folder.optimizer());
    bar.line(
        String.format(
            Locale.ROOT,
            "epoch %d/%d: %s %.2f nats, %.4f bits/dim (train %.2f); %.0f images/s%s",
            epoch.number(),
            config.recipe().epochs(),
            chooser.word(),
            epoch.validationNats(),
            model.shape().bitsPerDim(epoch.validationNats()),
            epoch.trainNats(),
            epoch.imagesPerSecond(),
            epoch.best() ? "; best so far" : ""));
    return epoch.validationNats();
  }

  private EpochResult next() {
    Reached before = trainer.reached();
    try {
      Trainer.Epoch epoch = trainer.next();
      Reached reached = trainer.reached();
      return new EpochResult(
          epoch,
          epoch.best() ? Checkpoint.model(backend, model, trainer.evaluated(), reached) : null,
          state(reached),
          isDrawn(epoch.number()) ? trainer.evaluating(this::row) : new byte[0]);
    } catch (DivergedException e) {
      throw diverged(e.where(), before);
    } catch (NotFiniteException e) { // of a checkpoint; no loss has shown it yet
      Reached at = trainer.reached();
      throw diverged(
          "%s at epoch %d, step %d".formatted(e.getMessage(), at.epoch(), at.steps()), before);
    }
  }

  /// @param before where the epoch began
  private DivergedException diverged(String where, Reached before) {
    String kept =
        before.bestEpoch() == 0
            ? "no epoch is done yet"
            : "%s keeps epoch %d with %.2f nats"
                .formatted(folder.model(), before.bestEpoch(), before.bestNats());
    Recipe recipe = config.recipe();
    String clip = recipe.weights().clipNorm() > 0 ? "" : ", or a --clip";
    return new DivergedException(
        where, "%s; try a lower --lr than %s%s".formatted(kept, recipe.rate().peak(), clip));
  }

  /// 25 images from the best weights, or a row of them for each class.
  private void drawSheet(TensorBoardWriter events) {
    ImageSheet sheet = ImageSheet.of(model.shape());
    List<Integer> classes = ImageSheet.classes(model.config().classes());
    int count = classes.isEmpty() ? SHEET : classes.size() * sheet.columns();
    byte[] png = sheet.png(draw(count, Conditioning.ofEach(classes, sheet.columns())), count);
    events.image(
        trainer.reached().steps(),
        "samples",
        sheet.width(count),
        sheet.height(count),
        model.shape().channels(),
        png);
    events.force();
    folder.write(folder.samples().getFileName().toString(), png); // last: a run that has it is done
  }

  private boolean isDrawn(int epoch) {
    return drawsEpochs && (epoch <= EPOCHS || Integer.bitCount(epoch) == 1);
  }

  /// Images of several classes, where the model knows some.
  private byte[] row() {
    ImageSheet sheet = ImageSheet.of(model.shape());
    int count = sheet.columns();
    return sheet.png(draw(count, Conditioning.inTurn(count, model.config().classes())), count);
  }

  /// In batches where the outputs of all at a time would take too much room.
  private float[] draw(int count, Conditioning of) {
    int batch = BatchSampler.batchFor(model, count, Strategy.BEST, of);
    float[] images = new float[Math.multiplyExact(count, model.shape().values())];
    var plan = new Plan(batch, 1, key().fold("samples"), 0, Strategy.BEST, graph, 0, of);
    try (BatchSampler sampler = new BatchSampler(backend, model, plan)) {
      for (int first = 0; first < count; first += batch) {
        float[] drawn = sampler.draw(first);
        int at = first * model.shape().values();
        System.arraycopy(drawn, 0, images, at, Math.min(drawn.length, images.length - at));
      }
    }
    return images;
  }
}
