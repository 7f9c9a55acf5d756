package dev.hindsight.cli;

import dev.hindsight.backend.Backend;
import dev.hindsight.cluster.Cluster;
import dev.hindsight.error.UserException;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.random.RandomKey;
import dev.hindsight.sample.BatchSampler;
import dev.hindsight.sample.BatchSampler.Plan;
import dev.hindsight.sample.BatchSampler.Strategy;
import dev.hindsight.sample.Conditioning;
import dev.hindsight.sample.Sampler;
import dev.hindsight.train.ProgressBar;
import dev.hindsight.train.RunConfig;
import java.io.PrintStream;
import java.util.Arrays;
import picocli.CommandLine.Option;

/// How images are drawn, for every command that draws some.
final class DrawOptions {
  private static final double SECONDS_UNSEEN = 1;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "Seed of the drawing. Default: ${DEFAULT-VALUE}.")
  private long seed;

  @Option(
      names = "--temperature",
      paramLabel = "T",
      description = "Divides the logits. Default: ${DEFAULT-VALUE}.")
  private float temperature = 1;

  @Option(
      names = "--naive",
      description = "Run the full network for every pixel, for comparison; slow.")
  private boolean naive;

  @Option(
      names = "--no-graph",
      description = "With --steps on cuda, launch each kernel instead of one graph. Same bits.")
  private boolean noGraph;

  @Option(
      names = "--order",
      paramLabel = "K",
      description =
          "Pixel order to draw in, for a run trained with --symmetries; 0 is raster order."
              + " Default: 0.")
  private int order;

  @Option(
      names = "--steps",
      description =
          "On cuda, draw pixel by pixel even if one kernel could draw complete "
              + "images, for comparison. Logits may differ by rounding.")
  private boolean steps;

  /// What came of drawing.
  ///
  /// @param images (count·D)
  /// @param seconds of the drawing, with the compiling of loops on `cpu` that it is the first to
  ///   need
  @SuppressWarnings("ArrayRecordComponent") // nobody compares them
  record Drawn(float[] images, double seconds) {}

  void check() {
    if (naive && steps) {
      throw new UserException("--naive and --steps exclude each other; leave out one");
    }
    if (!(temperature > 0 && Float.isFinite(temperature))) {
      throw new UserException("--temperature must be a number above 0 but is " + temperature);
    }
  }

  /// Fails where the run was not trained in the order that is asked for.
  void requireOrder(RunConfig config) {
    int trained = config.model().orders();
    if (order < 0 || order >= trained) {
      throw new UserException(
          trained == 1
              ? "--order %d: this %s predicts in raster order (0) only; leave it out"
                  .formatted(order, config.model().name())
              : "--order must be from 0 to %d, the orders it was trained in, but is %d"
                  .formatted(trained - 1, order));
    }
  }

  long seed() {
    return seed;
  }

  void drawIn(int other) {
    order = other;
  }

  int order() {
    return order;
  }

  long multiplyAddsPerImage(Backend backend, AutoregressiveModel model) {
    var request = new Sampler.Request(1, temperature, RandomKey.of(seed));
    try (Sampler sampler =
        naive ? Sampler.naive(backend, model, request) : Sampler.of(backend, model, request)) {
      return sampler.multiplyAddsPerImage();
    }
  }

  private Plan plan(AutoregressiveModel model, int count, int given, Conditioning of) {
    RandomKey key = RandomKey.of(seed).fold("samples");
    Strategy strategy = naive ? Strategy.NAIVE : steps ? Strategy.STEPS : Strategy.BEST;
    int size = BatchSampler.batchFor(model, count, strategy, of);
    return new Plan(size, temperature, key, given, strategy, !noGraph, order, of);
  }

  /// Draws `count` images, of each of which the first `given` pixels come from `known` (count·D).
  ///
  /// @param quiet whether standard output is for JSON only
  Drawn draw(
      Backend backend,
      AutoregressiveModel model,
      int count,
      Conditioning of,
      int given,
      float[] known,
      boolean quiet) {
    Plan plan = plan(model, count, given, of);
    int size = plan.batch();
    int values = model.shape().values();
    float[] images = new float[Math.multiplyExact(count, values)];
    float[] start = new float[given == 0 ? 0 : size * values];
    long began = System.nanoTime();
    PrintStream terminal = quiet ? System.err : System.out;
    try (BatchSampler sampler = new BatchSampler(backend, model, plan);
        ProgressBar bar = ProgressBar.on(terminal)) {
      for (int first = 0; first < count; first += size) {
        int wanted = Math.min(size, count - first) * values;
        int at = first * values;
        System.arraycopy(
            known, Math.min(at, known.length), start, 0, Math.min(wanted, start.length));
        int done = first;
        float[] drawn =
            sampler.draw(
                first,
                start,
                value ->
                    show(bar, DrawProgress.at(done, size, (double) value / values, count, began)));
        System.arraycopy(drawn, 0, images, at, wanted);
        show(bar, DrawProgress.at(done, size, 1, count, began));
      }
    }
    return new Drawn(images, (System.nanoTime() - began) / 1e9);
  }

  /// The same images without given pixels, drawn on a cluster.
  Drawn draw(
      Execution execution,
      Cluster cluster,
      RunConfig config,
      AutoregressiveModel model,
      int count,
      Conditioning of) {
    Plan plan = plan(model, count, 0, of);
    float[] weights = execution.holder().readFloats(model.parameters().flat().value());
    long began = System.nanoTime();
    RunConfig asked = config.with(config.arithmetic().withPrecision(execution.precision()));
    float[] drawn = cluster.draw(asked, execution.backend(), weights, count, plan);
    float[] images = Arrays.copyOf(drawn, Math.multiplyExact(count, model.shape().values()));
    return new Drawn(images, (System.nanoTime() - began) / 1e9);
  }

  /// What is soon done needs no progress.
  private static void show(ProgressBar bar, DrawProgress progress) {
    if (progress.seconds() > SECONDS_UNSEEN) {
      bar.show(progress);
    }
  }
}
