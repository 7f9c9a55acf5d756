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
import java.util.stream.Stream;

/// A finished run, as the comparison shows it.
///
/// @param tests one per epoch, in order
/// @param sampleSeconds for 25 images
/// @param sheet the PNG of the samples, in Base64
public record ComparedRun(
    String model,
    String recipe,
    long parameters,
    long multiplyAdds,
    List<Metric> tests,
    double sampleSeconds,
    String sheet) {
  private static final int SAMPLES = 25;

  /// Reads a run's metrics and sheet, and times its sampler.
  public static ComparedRun of(RunFolder folder, RunConfig config, Backend backend) {
    try (AutoregressiveModel model = new StoredRun(folder, config).load(backend)) {
      return new ComparedRun(
          config.model().name(),
          config.recipe().describe(),
          model.parameters().count(),
          model.multiplyAdds(),
          tests(folder).toList(),
          sampleSeconds(backend, model),
          Base64.getEncoder().encodeToString(Files.readAllBytes(folder.samples())));
    } catch (IOException e) {
      throw IoErrors.failed("cannot read " + folder.samples(), e);
    }
  }

  /// Whether all epochs are done and the sheet is drawn.
  public static boolean isComplete(RunFolder folder, RunConfig config) {
    return Files.exists(folder.samples())
        && Files.exists(folder.metrics())
        && tests(folder).anyMatch(m -> m.epoch() >= config.recipe().epochs());
  }

  private static Stream<Metric> tests(RunFolder folder) {
    return Metrics.read(folder.metrics()).stream().filter(m -> m.kind() == Metric.Kind.TEST);
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

  /// The epoch with the lowest test NLL.
  public Metric best() {
    return tests.stream().min(Comparator.comparingDouble(Metric::nllNats)).orElseThrow();
  }

  /// Of all training steps, and of them alone.
  public double trainingSeconds() {
    return tests.getLast().seconds();
  }

  /// Of the last epoch.
  public double imagesPerSecond() {
    return tests.getLast().imagesPerSecond();
  }
}
