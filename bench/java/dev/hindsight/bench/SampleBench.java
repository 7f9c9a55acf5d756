package dev.hindsight.bench;

import dev.hindsight.backend.Backend;
import dev.hindsight.data.Dataset;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.random.RandomKey;
import dev.hindsight.sample.Sampler;
import dev.hindsight.train.Preset;
import dev.hindsight.train.Sizes;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/// How long drawing images takes, with the state that the model needs and with a full forward pass
/// for every pixel.
///
/// @param fastSeconds for all pixels of the batch, the better of two
/// @param naiveSeconds the same, scaled up from `naivePixels`, each of which costs the same
/// @param naivePixels how many of the 784 pixels were drawn by full forward passes
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
  private static final int PIXELS = AutoregressiveModel.PIXELS;
  private static final double NAIVE_SECONDS = 4;

  static SampleBench run(
      String model, String preset, int batch, String name, Backend backend, Dataset data) {
    var request = new Sampler.Request(batch, 1, RandomKey.of(0).fold("samples"));
    try (AutoregressiveModel fresh =
        Preset.of(model, preset, Sizes.ofPreset(), data, 0)
            .model()
            .create(backend, RandomKey.of(0))) {
      double fast = Double.POSITIVE_INFINITY;
      double passes = 0;
      for (int time = 0; time < 2; time++) {
        try (Sampler sampler = Sampler.of(backend, fresh, request)) {
          fast = Math.min(fast, seconds(sampler, PIXELS));
          passes = (double) sampler.multiplyAddsPerImage() / fresh.multiplyAdds();
        }
      }
      try (Sampler sampler = Sampler.naive(backend, fresh, request)) {
        double once = seconds(sampler, 1);
        once = Math.min(once, seconds(sampler, 1));
        int pixels = (int) Math.clamp(NAIVE_SECONDS / once, 1, PIXELS - 2.0);
        double naive = seconds(sampler, pixels) * PIXELS / pixels;
        return new SampleBench(model, preset, name, batch, fast, naive, pixels, passes);
      }
    }
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

  String text() {
    return String.format(
        Locale.ROOT,
        "%s (%s), %s, %d images: %.3f s, naive %.1f s (from %d pixels), ratio %.0f,"
            + " %.3f forward passes an image",
        model,
        preset,
        backend,
        batch,
        fastSeconds,
        naiveSeconds,
        naivePixels,
        ratio(),
        forwardPasses);
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
