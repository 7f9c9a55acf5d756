package dev.hindsight.bench;

import dev.hindsight.backend.Backend;
import dev.hindsight.data.Dataset;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.random.RandomKey;
import dev.hindsight.sample.BatchSampler;
import dev.hindsight.sample.BatchSampler.Plan;
import dev.hindsight.sample.BatchSampler.Strategy;
import dev.hindsight.sample.Conditioning;
import dev.hindsight.sample.Sampler;
import dev.hindsight.train.BuiltInModel;
import dev.hindsight.train.Sizes;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// How long drawing images takes, as the command `sample` draws them and with a full forward pass
/// for every pixel.
///
/// @param name of the backend
/// @param data whose presets are drawn
record SampleBench(String name, Backend backend, Dataset data) {
  private static final double NAIVE_SECONDS = 4;

  /// Draws a batch. In the row `seconds` are for all of it, the better of two, on cuda with the
  /// capture of the graph. `naive_seconds` are the same by as many images at once as `sample
  /// --naive` takes, scaled up from `naive_values_measured` of an image's values, each of which
  /// costs the same. `forward_passes` are the multiply-adds of an image against those of one
  /// forward pass.
  Map<String, @Nullable Object> run(String model, String preset, int batch) {
    RandomKey key = RandomKey.of(0).fold("samples");
    try (AutoregressiveModel fresh =
        BuiltInModel.labelled(model)
            .preset(preset)
            .config(Sizes.none(), data, 0)
            .create(backend, RandomKey.of(0))) {
      Plan plan = new Plan(batch, 1, key);
      double fast = seconds(backend, fresh, plan);
      fast = Math.min(fast, seconds(backend, fresh, plan));
      int together = BatchSampler.batchFor(fresh, batch, Strategy.NAIVE, Conditioning.NONE);
      var request = new Sampler.Request(together, 1, key);
      double passes;
      try (Sampler sampler = Sampler.of(backend, fresh, request)) {
        passes = (double) sampler.multiplyAddsPerImage() / fresh.multiplyAdds();
      }
      try (Sampler sampler = Sampler.naive(backend, fresh, request)) {
        double once = seconds(sampler, 1);
        once = Math.min(once, seconds(sampler, 1));
        int all = fresh.shape().values();
        int values = (int) Math.clamp(NAIVE_SECONDS / once, 1, all - 2.0);
        double naive = seconds(sampler, values) * all / values * batch / together;
        Map<String, @Nullable Object> row = new LinkedHashMap<>();
        row.put("model", model);
        row.put("preset", preset);
        row.put("backend", name);
        row.put("shape", fresh.shape().toString());
        row.put("images", batch);
        row.put("seconds", fast);
        row.put("naive_seconds", naive);
        row.put("naive_values_measured", values);
        row.put("ratio", naive / fast);
        row.put("forward_passes", passes);
        return row;
      }
    }
  }

  private static double seconds(Backend backend, AutoregressiveModel model, Plan plan) {
    long start = System.nanoTime();
    try (BatchSampler sampler = new BatchSampler(backend, model, plan)) {
      sampler.draw(0);
    }
    return (System.nanoTime() - start) / 1e9;
  }

  private static double seconds(Sampler sampler, int values) {
    long start = System.nanoTime();
    for (int k = 0; k < values; k++) {
      sampler.next();
    }
    sampler.images(); // waits for them
    return (System.nanoTime() - start) / 1e9;
  }
}
