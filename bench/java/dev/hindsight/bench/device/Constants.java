package dev.hindsight.bench.device;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Precision;
import dev.hindsight.backend.cuda.CudaKernel;
import dev.hindsight.backend.cuda.CudaKernel.Extent;
import dev.hindsight.bench.device.Ceilings.Arithmetic;
import dev.hindsight.predict.Measured;
import dev.hindsight.predict.Measured.Waits;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// Measures what `predict` must otherwise assume of a GPU; `roofline.cu` has the kernels.
public record Constants(Backend backend, DeviceClock clock, Scope scope) {
  private static final int THREADS = 256;
  private static final int BLOCKS = 4; // of each multiprocessor
  private static final int LINE = 128; // floats from one load of a chase to the next: 512 bytes
  private static final int RING = 1 << 18; // floats: 1 MiB, which any L2 holds
  private static final int TENSOR_CORES = 80; // from this compute capability on

  /// All of them.
  public static Measured measure(Backend backend, DeviceClock clock) {
    try (Scope scope = backend.open("constants")) {
      return new Constants(backend, clock, scope).measure();
    }
  }

  private Measured measure() {
    Ceilings ceilings = Ceilings.measure(backend, clock);
    boolean tensorCores = clock.stream().device().capability() >= TENSOR_CORES;
    @Nullable Arithmetic bf16 =
        tensorCores ? Ceilings.mma(backend, clock, scope, Precision.BF16) : null;
    float[] latencies = latencies();
    return new Measured(
        clock.deviceName(),
        (bf16 == null ? ceilings.fma() : bf16).gigahertz(),
        ceilings.fma().teraflops(),
        bf16 == null ? 0 : bf16.teraflops(),
        new Measured.Memory(l2Gigabytes(), latencies[1]),
        new Measured.Memory(ceilings.copyGigabytes(), latencies[0]),
        new Waits(nodeGap(), launch(), gridBarrier()));
  }

  private CudaKernel kernel(String name) {
    return BenchKernels.load(backend, "roofline", name);
  }

  private int multiprocessors() {
    return clock.stream().device().multiprocessors();
  }

  /// Of a quarter of L2, which is the nearer half of one that has two.
  private double l2Gigabytes() {
    long quarter = clock.stream().device().l2Bytes() / Float.BYTES / 4;
    int floats = (int) Math.min(quarter, clock.effort().copyFloats()) & -4;
    int blocks = BLOCKS * multiprocessors();
    Tensor from = scope.zeros(floats);
    Tensor out = scope.floats(blocks * THREADS);
    CudaKernel read = kernel("roofline_l2");
    DeviceTime time =
        clock.graph(
            "L2", () -> read.launch(Extent.of(blocks), Extent.of(THREADS), 0, from, out, floats));
    return (double) blocks * floats * Float.BYTES / time.median() / 1e3;
  }

  /// Clocks of a load from memory, then of one from L2: the same loads again.
  private float[] latencies() {
    Tensor ring = scope.floats(RING);
    Tensor clocks = scope.floats(2);
    int loads = Math.min(clock.effort().turns(), RING / LINE * 8 / 9);
    kernel("roofline_ring")
        .launch(Extent.of(multiprocessors()), Extent.of(THREADS), 0, ring, LINE, RING);
    CudaKernel chase = kernel("roofline_chase");
    clock.evict();
    float[] latencies = new float[2];
    for (int k = 0; k < latencies.length; k++) {
      chase.launch(Extent.of(1), Extent.of(1), 0, ring, clocks, loads);
      latencies[k] = backend.readFloats(clocks)[0];
    }
    return latencies;
  }

  /// Microseconds from the end of a node of a graph to the start of the next.
  private double nodeGap() {
    CudaKernel nothing = kernel("roofline_nothing");
    return clock.graph("nothing", () -> nothing.launch(Extent.of(1), Extent.of(1), 0)).median();
  }

  /// Microseconds of a launch from the host, one after another.
  private double launch() {
    CudaKernel nothing = kernel("roofline_nothing");
    return clock.launches(() -> nothing.launch(Extent.of(1), Extent.of(1), 0)).median();
  }

  /// Microseconds of a barrier of one block on each multiprocessor: what more of them take longer.
  private double gridBarrier() {
    CudaKernel barrier = kernel("roofline_barrier");
    int few = clock.effort().turns();
    double[] microseconds = new double[2];
    for (int k = 0; k < microseconds.length; k++) {
      int turns = (k + 1) * few;
      microseconds[k] =
          clock
              .graph("barriers", () -> barrier.launchTogether(multiprocessors(), THREADS, turns))
              .median();
    }
    return Math.max(0, microseconds[1] - microseconds[0]) / few;
  }
}
