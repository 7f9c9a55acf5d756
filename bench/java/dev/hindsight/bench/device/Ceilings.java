package dev.hindsight.bench.device;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Precision;
import dev.hindsight.backend.cuda.CudaKernel;
import dev.hindsight.backend.cuda.CudaKernel.Extent;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What the device reaches at best, by kernels of ours that do nothing else: the two sides of its
/// roofline (Williams et al. 2009).
///
/// @param copyGigabytes a second, read and written by a copy that is much larger than L2
/// @param fma teraflops of FP32 multiply-adds
/// @param mma of `mma.sync` in the precision of the backend; null in fp32
public record Ceilings(double copyGigabytes, double fma, @Nullable Double mma) {
  private static final int THREADS = 256;
  private static final int BLOCKS = 4; // of each multiprocessor
  private static final int FMA_FLOPS = 2 * 128; // of a thread and turn
  private static final int MMAS = 8; // of a warp and turn
  private static final int WARP = 32;

  /// Measures; `roofline.cu` has the kernels.
  public static Ceilings measure(Backend backend, DeviceClock clock) {
    try (Scope scope = backend.open("ceilings")) {
      return new Ceilings(
          copy(backend, clock, scope), fma(backend, clock, scope), mma(backend, clock, scope));
    }
  }

  private static double fma(Backend backend, DeviceClock clock, Scope scope) {
    int blocks = blocks(clock);
    int turns = clock.effort().turns();
    Tensor out = scope.floats(blocks * THREADS);
    return rate(
        clock,
        BenchKernels.load(backend, "roofline", "roofline_fma"),
        blocks,
        (double) blocks * THREADS * FMA_FLOPS * turns,
        out,
        0.999f,
        0.001f,
        turns);
  }

  private static int blocks(DeviceClock clock) {
    return BLOCKS * clock.stream().device().multiprocessors();
  }

  private static double copy(Backend backend, DeviceClock clock, Scope scope) {
    int floats = clock.effort().copyFloats();
    Tensor from = scope.zeros(floats);
    Tensor to = scope.floats(floats);
    CudaKernel kernel = BenchKernels.load(backend, "roofline", "roofline_copy");
    int blocks = Math.ceilDiv(floats, 4 * THREADS);
    return 1e3 * rate(clock, kernel, blocks, 2.0 * Float.BYTES * floats, from, to, (long) floats);
  }

  private static @Nullable Double mma(Backend backend, DeviceClock clock, Scope scope) {
    Precision precision = backend.precision();
    if (precision == Precision.FP32) {
      return null;
    }
    int blocks = blocks(clock);
    int flops = precision == Precision.TF32 ? 2048 : 4096; // of m16n8k8 and m16n8k16
    int turns = 2 * clock.effort().turns();
    double work = (double) blocks * (THREADS / WARP) * MMAS * flops * turns;
    CudaKernel kernel =
        BenchKernels.load(
            backend, precision.variant("roofline"), precision.variant("roofline_mma"));
    Tensor out = scope.floats(blocks * THREADS);
    return rate(clock, kernel, blocks, work, out, turns);
  }

  /// 10¹² of what a launch does, in a second.
  private static double rate(
      DeviceClock clock, CudaKernel kernel, int blocks, double work, Object... arguments) {
    Runnable launch = () -> kernel.launch(Extent.of(blocks), Extent.of(THREADS), 0, arguments);
    return work / clock.graph("ceiling", launch).median() / 1e6;
  }

  /// Of the units that an op multiplies on.
  public double teraflops(Precision precision) {
    return precision == Precision.FP32 || mma == null ? fma : mma;
  }

  /// For a file.
  public Map<String, @Nullable Object> json() {
    Map<String, @Nullable Object> line = new LinkedHashMap<>();
    line.put("copy_gb_per_s", copyGigabytes);
    line.put("fma_tflops", fma);
    line.put("mma_tflops", mma);
    return line;
  }
}
