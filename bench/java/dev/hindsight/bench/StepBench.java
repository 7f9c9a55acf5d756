package dev.hindsight.bench;

import com.sun.management.ThreadMXBean;
import dev.hindsight.backend.Activation;
import dev.hindsight.backend.Backend;
import dev.hindsight.bench.device.DeviceClock;
import dev.hindsight.data.Batch;
import dev.hindsight.data.Batches;
import dev.hindsight.data.Dataset;
import dev.hindsight.exchange.Shards;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.random.RandomKey;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import dev.hindsight.train.BuiltInModel;
import dev.hindsight.train.Optimizer;
import dev.hindsight.train.Preset;
import dev.hindsight.train.Recipe;
import dev.hindsight.train.Sizes;
import dev.hindsight.train.TrainingStep;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// How long a training step takes.
///
/// @param name of the backend
/// @param data to train on
record StepBench(String name, Backend backend, Dataset data) {
  private static final double WARM_UP_SECONDS = 3; // of the JIT
  private static final double MEASURED_SECONDS = 5;
  private static final double ON_DEVICE = 0.2; // of both, where no op runs in Java
  private static final int FEWEST = 3;
  private static final int MOST = 1000;

  /// Seconds after which a slow backend need not show three steps.
  private static final double LONG = 20;

  private static final int LARGE = 2048;
  private static final int IN_A_ROW = 10; // steps between two events
  private static final int REPETITIONS = 11;

  /// Times steps of a model. In the row `step_s` is their median (on cuda by its events, of ten
  /// steps that the host does not wait for), `multiply_adds` are those of one forward pass of one
  /// image (a step does three times as many), `gemm_gflops` is the rate of a product of 2048 x 2048
  /// x 2048 (on the software GPU of 64) right before, `heap_bytes_per_step` what all threads
  /// allocate on the Java heap, `reserved_bytes` what [TrainingStep#reservedBytes] says.
  ///
  /// @param batch null for the preset's
  /// @param graph whether steps may be recorded
  /// @param watched what to run steps on instead of the backend itself
  Map<String, @Nullable Object> run(
      String model, String preset, @Nullable Integer batch, boolean graph, Backend watched) {
    double gemm = gemmGflops(name.startsWith(Benched.SOFTWARE_GPU) ? 64 : LARGE);
    double share = backend.asynchronous() ? ON_DEVICE : 1;
    Preset chosen = BuiltInModel.labelled(model).preset(preset);
    Recipe recipe = chosen.recipe();
    RandomKey key = RandomKey.of(0);
    int size = batch == null ? recipe.batch() : batch;
    try (AutoregressiveModel fresh = chosen.config(Sizes.none(), data, 0).create(watched, key);
        TrainingStep step =
            new TrainingStep(
                watched, fresh, Optimizer.of(watched, fresh.parameters(), recipe), graph)) {
      Batches batches = Batches.training(data, size, recipe.pixels().binarize(), key);
      Batch first = batches.epoch(0).iterator().next();
      Runnable one = () -> step.run(first.pixels(), first.count(), 1e-4f);
      time(one, share * WARM_UP_SECONDS);
      var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
      long before = threads.getTotalThreadAllocatedBytes();
      double[] seconds = time(one, share * MEASURED_SECONDS);
      long allocated = threads.getTotalThreadAllocatedBytes() - before;
      double median = Benched.median(records(backend) ? onDevice(step, first) : seconds);
      Map<String, @Nullable Object> row = new LinkedHashMap<>();
      row.put("model", model);
      row.put("preset", preset);
      row.put("backend", name);
      row.put("shape", fresh.shape().toString());
      row.put("batch", first.count());
      row.put("graph", graph && records(backend));
      row.put("parameters", fresh.parameters().count());
      row.put("multiply_adds", fresh.multiplyAdds());
      row.put("step_s", median);
      row.put("images_per_s", first.count() / median);
      row.put("gflops", 6.0 * fresh.multiplyAdds() * first.count() / median / 1e9);
      row.put("gemm_gflops", gemm);
      row.put("heap_bytes_per_step", allocated / seconds.length);
      row.put(
          "reserved_bytes",
          TrainingStep.reservedBytes(
              fresh.config(), recipe, Shards.ONE, first.count(), backend.precision()));
      row.put("peak_bytes", ProcessMemory.peakBytes());
      row.put("threads", Runtime.getRuntime().availableProcessors());
      return row;
    }
  }

  /// Seconds of a step, by the device's clock.
  private double[] onDevice(TrainingStep step, Batch batch) {
    boolean software = name.startsWith(Benched.SOFTWARE_GPU);
    int repetitions = software ? 1 : REPETITIONS;
    int inARow = software ? 2 : IN_A_ROW;
    List<TrainingStep.Loss> losses = new ArrayList<>();
    Runnable some =
        () -> {
          losses.forEach(TrainingStep.Loss::nats); // of the repetition before
          losses.clear();
          for (int k = 0; k < inARow; k++) {
            losses.add(step.start(batch.pixels(), batch.labels(), batch.count(), 1e-4f));
          }
        };
    return Arrays.stream(DeviceClock.seconds(backend, repetitions, some))
        .map(all -> all / inARow)
        .toArray();
  }

  /// Whether the backend replays work at all.
  static boolean records(Backend backend) {
    return backend.name().equals("cuda");
  }

  private double gemmGflops(int side) {
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
      return 2.0 * side * side * side / Benched.median(time(product, 0.5)) / 1e9;
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
}
