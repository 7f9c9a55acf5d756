package dev.hindsight.bench;

import dev.hindsight.backend.Backend;
import dev.hindsight.data.Dataset;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.random.RandomKey;
import dev.hindsight.sample.BatchSampler;
import dev.hindsight.sample.BatchSampler.Plan;
import dev.hindsight.sample.BatchSampler.Way;
import dev.hindsight.sample.Sampler;
import dev.hindsight.train.BuiltInModel;
import dev.hindsight.train.Sizes;
import java.util.LinkedHashMap;
import java.util.Map;

/// How long drawing images takes, as the command `sample` draws them and with a full forward pass
/// for every pixel.
///
/// @param fastSeconds for all pixels of the batch, the better of two; on cuda with the capture of
///   the graph
/// @param naiveSeconds the same, by as many images at once as `sample --naive` takes, and scaled up
///   from `naivePixels`, each of which costs the same
/// @param naivePixels how many of the pixels were drawn by full forward passes
/// @param forwardPasses multiply-adds of an image against those of one forward pass
record SampleBench(
    String model,
    String preset,
    String backend,
    int batch,
    double fastSeconds,
    double naiveSeconds,
    int naivePixels,
    double forwardPasses) {
  private static final double NAIVE_SECONDS = 4;

  static SampleBench run(
      String model, String preset, int batch, String name, Backend backend, Dataset data) {
    RandomKey key = RandomKey.of(0).fold("samples");
    try (AutoregressiveModel fresh =
        BuiltInModel.labelled(model)
            .preset(preset)
            .config(Sizes.none(), data, 0)
            .create(backend, RandomKey.of(0))) {
      double fast = Double.POSITIVE_INFINITY;
      for (int time = 0; time < 2; time++) {
        fast = Math.min(fast, seconds(backend, fresh, new Plan(batch, 1, key)));
      }
      int together = BatchSampler.batchFor(fresh, batch, Way.NAIVE);
      var request = new Sampler.Request(together, 1, key);
      double passes;
      try (Sampler sampler = Sampler.of(backend, fresh, request)) {
        passes = (double) sampler.multiplyAddsPerImage() / fresh.multiplyAdds();
      }
      try (Sampler sampler = Sampler.naive(backend, fresh, request)) {
        double once = seconds(sampler, 1);
        once = Math.min(once, seconds(sampler, 1));
        int all = fresh.shape().pixels();
        int pixels = (int) Math.clamp(NAIVE_SECONDS / once, 1, all - 2.0);
        double naive = seconds(sampler, pixels) * all / pixels * batch / together;
        return new SampleBench(model, preset, name, batch, fast, naive, pixels, passes);
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

  private static double seconds(Sampler sampler, int pixels) {
    long start = System.nanoTime();
    for (int k = 0; k < pixels; k++) {
      sampler.next();
    }
    sampler.images(); // waits for them
    return (System.nanoTime() - start) / 1e9;
  }

  private double ratio() {
    return naiveSeconds / fastSeconds;
  }

  Map<String, Object> json() {
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("model", model);
    line.put("preset", preset);
    line.put("backend", backend);
    line.put("images", batch);
    line.put("seconds", fastSeconds);
    line.put("naive_seconds", naiveSeconds);
    line.put("naive_pixels_measured", naivePixels);
    line.put("ratio", ratio());
    line.put("forward_passes", forwardPasses);
    return line;
  }
}
