package dev.hindsight.bench.gpuday;

import dev.hindsight.backend.Backend;
import dev.hindsight.data.Batch;
import dev.hindsight.data.Batches;
import dev.hindsight.data.Dataset;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.random.RandomKey;
import dev.hindsight.sample.BatchSampler;
import dev.hindsight.sample.BatchSampler.Plan;
import dev.hindsight.sample.Sampler;
import dev.hindsight.train.Adam;
import dev.hindsight.train.BuiltInModel;
import dev.hindsight.train.Preset;
import dev.hindsight.train.Recipe;
import dev.hindsight.train.Trainer;
import dev.hindsight.train.TrainingStep;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/// Training steps, drawing and an epoch of a model on a backend, by the host's clock: all of them
/// wait for their end.
record ModelTimes(Scale scale, Backend backend, Dataset training) {
  private static final RandomKey KEY = RandomKey.of(0);
  private static final int WARM_UP = 2; // plain, then captured

  private static final int FEWEST = 5;

  private AutoregressiveModel create(String model, Preset preset) {
    return preset.config(scale.sizes(model), training, 0).create(backend, KEY);
  }

  /// The median of training steps, as a graph.
  Map<String, Object> step(String model, String presetName) {
    Preset preset = BuiltInModel.labelled(model).preset(presetName);
    Recipe recipe = preset.recipe();
    int batch = scale.batch(recipe.batch());
    try (AutoregressiveModel fresh = create(model, preset);
        TrainingStep step =
            new TrainingStep(
                backend,
                fresh,
                new Adam(backend, fresh.parameters(), recipe.weightDecay(), recipe.clipNorm()),
                true)) {
      Batch first =
          Batches.training(training, batch, recipe.binarize(), KEY).epoch(0).iterator().next();
      Runnable one =
          () -> {
            step.run(first.pixels(), first.count(), 1e-4f);
            backend.synchronize();
          };
      for (int k = 0; k < WARM_UP; k++) {
        one.run();
      }
      double[] seconds = new double[scale.steps()];
      double sum = 0;
      int n = 0;
      while (n < seconds.length && (n < FEWEST || sum < scale.stepSeconds())) {
        long start = System.nanoTime();
        one.run();
        seconds[n] = (System.nanoTime() - start) / 1e9;
        sum += seconds[n++];
      }
      Arrays.sort(seconds, 0, n);
      double median = seconds[n / 2];
      Map<String, Object> result = new LinkedHashMap<>();
      result.put("batch", first.count());
      result.put("steps", n);
      result.put("ms", 1e3 * median);
      result.put("images_per_s", first.count() / median);
      result.put("tflops", 6.0 * fresh.multiplyAdds() * first.count() / median / 1e12);
      return result;
    }
  }

  /// Drawing, the better of two.
  Map<String, Object> sample(String model, String preset) {
    try (AutoregressiveModel fresh = create(model, BuiltInModel.labelled(model).preset(preset))) {
      double best = Double.POSITIVE_INFINITY;
      for (int time = 0; time < 2; time++) {
        best = Math.min(best, draw(fresh));
      }
      Map<String, Object> result = new LinkedHashMap<>();
      result.put("images", scale.images());
      result.put("pixels", scale.pixels());
      result.put("seconds", best);
      return result;
    }
  }

  private double draw(AutoregressiveModel model) {
    RandomKey key = KEY.fold("samples");
    int all = AutoregressiveModel.PIXELS;
    long start = System.nanoTime();
    if (scale.pixels() < all) {
      try (Sampler sampler =
          Sampler.of(backend, model, new Sampler.Request(scale.images(), 1, key))) {
        for (int k = 0; k < scale.pixels(); k++) {
          sampler.next();
        }
        backend.synchronize();
      }
    } else {
      try (BatchSampler sampler =
          new BatchSampler(backend, model, new Plan(scale.images(), 1, key))) {
        sampler.draw(0);
      }
    }
    return (System.nanoTime() - start) / 1e9 * all / scale.pixels();
  }

  /// One epoch of the base preset, and the likelihood after it.
  Map<String, Object> epoch(String model, Dataset test) {
    Preset preset = BuiltInModel.labelled(model).preset("base");
    Recipe recipe = preset.recipe();
    int batch = scale.batch(recipe.batch());
    Recipe one = recipe.withEpochs(1).withBatch(batch);
    try (AutoregressiveModel fresh = create(model, preset);
        Trainer trainer = new Trainer(backend, fresh, one, KEY, training, test)) {
      Trainer.Epoch epoch = trainer.next();
      Map<String, Object> result = new LinkedHashMap<>();
      result.put("images", training.count());
      result.put("nats", epoch.validationNats());
      result.put("seconds", epoch.seconds());
      result.put("images_per_s", epoch.imagesPerSecond());
      return result;
    }
  }
}
