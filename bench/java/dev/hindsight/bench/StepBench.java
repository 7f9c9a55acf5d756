package dev.hindsight.bench;

import com.sun.management.ThreadMXBean;
import dev.hindsight.backend.Activation;
import dev.hindsight.backend.Backend;
import dev.hindsight.data.Batch;
import dev.hindsight.data.Batches;
import dev.hindsight.data.Dataset;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.random.RandomKey;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import dev.hindsight.train.Adam;
import dev.hindsight.train.BuiltInModel;
import dev.hindsight.train.Preset;
import dev.hindsight.train.Recipe;
import dev.hindsight.train.Sizes;
import dev.hindsight.train.TrainingStep;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/// How long a training step takes.
///
/// @param graph whether steps are replayed as one CUDA graph
/// @param stepSeconds median
/// @param multiplyAdds of one forward pass of one image; a step does three times as many
/// @param gemmGflops rate of a product of 2048 x 2048 x 2048 (on the software GPU of 64) right
///   before
/// @param heapBytes allocated on the Java heap per step, by all threads
/// @param reservedBytes of the backend's memory, after the steps
/// @param peakBytes largest resident memory of this process so far; 0 where the system does not say
/// @param threads cores that this process may use
record StepBench(
    String model,
    String backend,
    String preset,
    int batch,
    boolean graph,
    double stepSeconds,
    long parameters,
    long multiplyAdds,
    double gemmGflops,
    long heapBytes,
    long reservedBytes,
    long peakBytes,
    int threads) {
  private static final double WARM_UP_SECONDS = 3; // of the JIT
  private static final double MEASURED_SECONDS = 5;
  private static final double ON_DEVICE = 0.2; // of both, where no op runs in Java
  private static final int FEWEST = 3;
  private static final int MOST = 1000;

  /// Seconds after which a slow backend need not show three steps.
  private static final double LONG = 20;

  private static final int LARGE = 2048;

  /// @param batch null for the preset's
  /// @param graph whether steps may be recorded
  /// @param watch what to run steps on instead of the backend itself
  static StepBench run(
      String model,
      String preset,
      @Nullable Integer batch,
      String name,
      Backend backend,
      Dataset data,
      boolean graph,
      UnaryOperator<Backend> watch) {
    double gemm = gemmGflops(backend, name.startsWith(Benched.SOFTWARE_GPU) ? 64 : LARGE);
    double share = backend.asynchronous() ? ON_DEVICE : 1;
    Backend watched = watch.apply(backend);
    Preset chosen = BuiltInModel.labelled(model).preset(preset);
    Recipe recipe = chosen.recipe();
    RandomKey key = RandomKey.of(0);
    int size = batch == null ? recipe.batch() : batch;
    try (AutoregressiveModel fresh = chosen.config(Sizes.none(), data, 0).create(watched, key);
        TrainingStep step =
            new TrainingStep(
                watched,
                fresh,
                new Adam(
                    watched,
                    fresh.parameters(),
                    recipe.weights().decay(),
                    recipe.weights().clipNorm()),
                graph)) {
      Batches batches = Batches.training(data, size, recipe.pixels().binarize(), key);
      Batch first = batches.epoch(0).iterator().next();
      Runnable one = () -> step.run(first.pixels(), first.count(), 1e-4f);
      time(one, share * WARM_UP_SECONDS);
      var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
      long before = threads.getTotalThreadAllocatedBytes();
      double[] seconds = time(one, share * MEASURED_SECONDS);
      long allocated = threads.getTotalThreadAllocatedBytes() - before;
      return new StepBench(
          model,
          name,
          preset,
          first.count(),
          graph && records(backend),
          median(seconds),
          fresh.parameters().count(),
          fresh.multiplyAdds(),
          gemm,
          allocated / seconds.length,
          backend.reservedBytes(),
          ProcessMemory.peakBytes(),
          Runtime.getRuntime().availableProcessors());
    }
  }

  /// Whether the backend replays work at all.
  static boolean records(Backend backend) {
    return backend.name().equals("cuda");
  }

  private static double gemmGflops(Backend backend, int side) {
    try (Scope scope = backend.open("gemm")) {
      Tensor x = scope.tensor(backend.storage(), side, side);
      Tensor w = scope.tensor(backend.storage(), side, side);
      Tensor y = scope.tensor(backend.storage(), side, side);
      backend.fill(x, 0);
      backend.fill(w, 0);
      Runnable product =
          () -> {
            backend.linear().forward(x, w, null, Activation.IDENTITY, y);
            backend.synchronize();
          };
      time(product, 0.2);
      return 2.0 * side * side * side / median(time(product, 0.5)) / 1e9;
    }
  }

  private static double[] time(Runnable work, double atLeast) {
    double[] seconds = new double[MOST];
    double sum = 0;
    int n = 0;
    while ((n < FEWEST && sum < LONG) || (sum < atLeast && n < MOST)) {
      long start = System.nanoTime();
      work.run();
      seconds[n] = (System.nanoTime() - start) / 1e9;
      sum += seconds[n++];
    }
    return Arrays.copyOf(seconds, n);
  }

  private static double median(double[] seconds) {
    double[] sorted = seconds.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }

  double imagesPerSecond() {
    return batch / stepSeconds;
  }

  /// Forward once, backward twice, two operations per multiply-add.
  double gflops() {
    return 6.0 * multiplyAdds * batch / stepSeconds / 1e9;
  }

  Map<String, Object> json() {
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("model", model);
    line.put("preset", preset);
    line.put("backend", backend);
    line.put("batch", batch);
    line.put("graph", graph);
    line.put("parameters", parameters);
    line.put("multiply_adds", multiplyAdds);
    line.put("step_s", stepSeconds);
    line.put("images_per_s", imagesPerSecond());
    line.put("gflops", gflops());
    line.put("gemm_gflops", gemmGflops);
    line.put("heap_bytes_per_step", heapBytes);
    line.put("reserved_bytes", reservedBytes);
    line.put("peak_bytes", peakBytes);
    line.put("threads", threads);
    return line;
  }
}
