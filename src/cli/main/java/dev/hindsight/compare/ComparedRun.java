package dev.hindsight.compare;

import dev.hindsight.backend.Backend;
import dev.hindsight.error.IoErrors;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.random.RandomKey;
import dev.hindsight.sample.Sampler;
import dev.hindsight.train.Metric;
import dev.hindsight.train.Metrics;
import dev.hindsight.train.RunConfig;
import dev.hindsight.train.RunFolder;
import dev.hindsight.train.StoredRun;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/// A finished run, as the comparison shows it.
///
/// @param epochs one per epoch, in order, each of the images that choose the best one
/// @param test of the best epoch's weights, where other images chose it
/// @param config of the run
/// @param sampleSeconds for 25 images
/// @param sheet the PNG of the samples, in Base64
public record ComparedRun(
    RunConfig config,
    long parameters,
    List<Metric> epochs,
    Optional<Metric> test,
    double sampleSeconds,
    String sheet) {
  private static final int SAMPLES = 25;

  /// Reads a run's metrics and sheet, and times its sampler.
  public static ComparedRun of(RunFolder folder, RunConfig config, Backend backend) {
    try (AutoregressiveModel model = new StoredRun(folder, config).load(backend)) {
      return new ComparedRun(
          config,
          model.parameters().count(),
          epochs(folder, config),
          test(folder, config),
          sampleSeconds(backend, model),
          Base64.getEncoder().encodeToString(Files.readAllBytes(folder.samples())));
    } catch (IOException e) {
      throw IoErrors.failed("cannot read " + folder.samples(), e);
    }
  }

  /// Whether all epochs are done, the test images were looked at and the sheet is drawn. One of
  /// those does not follow from the other: `sample` draws a sheet in its place of any run.
  public static boolean isComplete(RunFolder folder, RunConfig config) {
    if (!Files.exists(folder.samples()) || !Files.exists(folder.metrics())) {
      return false;
    }
    List<Metric> epochs = epochs(folder, config);
    boolean tested = !config.data().holdsOut() || test(folder, config).isPresent();
    return tested
        && !epochs.isEmpty()
        && config.recipe().ends(epochs.getLast().epoch(), lowest(epochs).epoch());
  }

  private static Metric lowest(List<Metric> epochs) {
    return epochs.stream().min(Comparator.comparingDouble(Metric::nllNats)).orElseThrow();
  }

  private static List<Metric> epochs(RunFolder folder, RunConfig config) {
    Metric.Kind chooser = config.data().chooser();
    return Metrics.read(folder.metrics()).stream().filter(m -> m.kind() == chooser).toList();
  }

  private static Optional<Metric> test(RunFolder folder, RunConfig config) {
    return Metrics.read(folder.metrics()).stream()
        .filter(m -> config.data().holdsOut() && m.kind() == Metric.Kind.TEST)
        .findFirst();
  }

  /// Its name, as on the command line.
  public String model() {
    return config.model().name();
  }

  private static double sampleSeconds(Backend backend, AutoregressiveModel model) {
    var request = new Sampler.Request(SAMPLES, 1, RandomKey.of(0).fold("samples"));
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

  /// The nats to go by: those of the test images, which chose the epoch where nothing else did.
  public Metric result() {
    return test.orElseGet(this::best);
  }

  /// The epoch with the lowest NLL.
  public Metric best() {
    return lowest(epochs);
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
