package dev.hindsight.compare;

import dev.hindsight.backend.Backend;
import dev.hindsight.error.IoErrors;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.quality.Quality;
import dev.hindsight.random.RandomKey;
import dev.hindsight.sample.Conditioning;
import dev.hindsight.sample.Sampler;
import dev.hindsight.train.Metric;
import dev.hindsight.train.Outcome;
import dev.hindsight.train.RunConfig;
import dev.hindsight.train.RunFolder;
import dev.hindsight.train.StoredRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Optional;

/// A finished run, as the comparison shows it.
///
/// @param epochs one per epoch, in order, each of the images that choose the best one
/// @param test of the best epoch's weights, where other images chose it
/// @param config of the run
/// @param sampleSeconds for 25 images
/// @param sheet the PNG of the samples, in Base64
/// @param rows of samples after epochs, as far as they were drawn
/// @param quality of its samples, where the command `quality` has measured it
public record ComparedRun(
    RunConfig config,
    long parameters,
    List<Metric> epochs,
    Optional<Metric> test,
    double sampleSeconds,
    String sheet,
    List<Row> rows,
    Optional<Quality> quality) {
  private static final int SAMPLES = 25;

  /// Samples after an epoch.
  ///
  /// @param png in Base64
  public record Row(Metric epoch, String png) {}

  /// Reads a run's metrics and sheet, and times its sampler.
  public static ComparedRun of(RunFolder folder, RunConfig config, Backend backend) {
    StoredRun run = new StoredRun(folder, config);
    Outcome outcome = Outcome.of(run);
    try (AutoregressiveModel model = run.load(backend)) {
      return new ComparedRun(
          config,
          model.parameters().count(),
          outcome.epochs(),
          outcome.test(),
          sampleSeconds(backend, model),
          png(folder.samples()),
          rows(folder, outcome.epochs()),
          Files.exists(folder.quality())
              ? Optional.of(Quality.read(folder.quality()))
              : Optional.empty());
    }
  }

  private static List<Row> rows(RunFolder folder, List<Metric> epochs) {
    return epochs.stream()
        .filter(epoch -> Files.exists(folder.samples(epoch.epoch())))
        .map(epoch -> new Row(epoch, png(folder.samples(epoch.epoch()))))
        .toList();
  }

  private static String png(Path file) {
    try {
      return Base64.getEncoder().encodeToString(Files.readAllBytes(file));
    } catch (IOException e) {
      throw IoErrors.failed("cannot read " + file, e);
    }
  }

  /// Its name, as on the command line.
  public String model() {
    return config.model().name();
  }

  private static double sampleSeconds(Backend backend, AutoregressiveModel model) {
    Conditioning of = Conditioning.inTurn(SAMPLES, model.config().classes());
    var request = new Sampler.Request(SAMPLES, 1, RandomKey.of(0).fold("samples"), of);
    double best = Double.POSITIVE_INFINITY;
    for (int time = 0; time < 2; time++) { // the JIT compiles during the first
      long start = System.nanoTime();
      try (Sampler sampler = Sampler.of(backend, model, request)) {
        sampler.finish();
      }
      best = Math.min(best, (System.nanoTime() - start) / 1e9);
    }
    return best;
  }

  /// The nats to go by.
  public Metric result() {
    return new Outcome(epochs, test).result();
  }

  /// The epoch with the lowest NLL.
  public Metric best() {
    return new Outcome(epochs, test).best();
  }

  /// Of all training steps, and of them alone.
  public double trainingSeconds() {
    return epochs.getLast().seconds();
  }

  /// Of the last epoch.
  public double imagesPerSecond() {
    return epochs.getLast().imagesPerSecond();
  }
}
