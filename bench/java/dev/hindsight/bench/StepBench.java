package dev.hindsight.bench;

import dev.hindsight.backend.Backend;
import dev.hindsight.data.Batch;
import dev.hindsight.data.Batches;
import dev.hindsight.data.Dataset;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.random.RandomKey;
import dev.hindsight.train.Adam;
import dev.hindsight.train.Preset;
import dev.hindsight.train.Recipe;
import dev.hindsight.train.TrainingStep;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The median time of a whole training step, reading the loss included, after a warm-up.
///
/// @param stepSeconds median
/// @param threads cores that this process may use
record StepBench(String model, String backend, double stepSeconds, int batch, int threads) {
  private static final double WARM_UP_SECONDS = 3;
  private static final double MEASURED_SECONDS = 5;
  private static final int FEWEST = 5;
  private static final int MOST = 1000;

  /// @param batch null for the preset's
  static StepBench run(
      String model,
      String preset,
      @Nullable Integer batch,
      String name,
      Backend backend,
      Dataset data) {
    Preset chosen = Preset.of(model, preset, data, 0);
    Recipe recipe = chosen.recipe();
    RandomKey key = RandomKey.of(0);
    int size = batch == null ? recipe.batch() : batch;
    try (AutoregressiveModel made = chosen.model().create(backend, key)) {
      Adam adam = new Adam(backend, made.parameters(), recipe.weightDecay(), recipe.clipNorm());
      TrainingStep step = new TrainingStep(backend, made, adam);
      Batches batches = Batches.training(data, size, recipe.binarize(), key);
      Batch first = batches.epoch(0).iterator().next();
      time(step, first, WARM_UP_SECONDS);
      double[] seconds = time(step, first, MEASURED_SECONDS);
      Arrays.sort(seconds);
      return new StepBench(
          model,
          name,
          seconds[seconds.length / 2],
          first.count(),
          Runtime.getRuntime().availableProcessors());
    }
  }

  private static double[] time(TrainingStep step, Batch batch, double atLeast) {
    double[] seconds = new double[MOST];
    double sum = 0;
    int n = 0;
    while (n < FEWEST || (sum < atLeast && n < MOST)) {
      long start = System.nanoTime();
      step.run(batch.pixels(), batch.count(), 1e-4f);
      seconds[n] = (System.nanoTime() - start) / 1e9;
      sum += seconds[n++];
    }
    return Arrays.copyOf(seconds, n);
  }

  double imagesPerSecond() {
    return batch / stepSeconds;
  }

  Map<String, Object> json() {
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("model", model);
    line.put("backend", backend);
    line.put("step_s", stepSeconds);
    line.put("images_per_s", imagesPerSecond());
    line.put("threads", threads);
    return line;
  }
}
