package dev.hindsight.verify;

import dev.hindsight.backend.Precision;
import dev.hindsight.error.UserException;
import dev.hindsight.verify.KernelResources.Resources;
import java.util.List;
import java.util.Locale;

/// Published data of a GPU, for bounds.
///
/// Peaks: NVIDIA A100 Tensor Core GPU datasheet (June 2021) and NVIDIA H100 Tensor Core GPU
/// datasheet, the SXM columns; multiprocessors: their architecture white papers. Limits per
/// multiprocessor: CUDA C++ Programming Guide, "Technical Specifications per Compute Capability".
///
/// @param architecture as in the table of ptxas
/// @param peaks teraflops
/// @param gigabytesPerSecond of device memory
/// @param sharedBytes of a multiprocessor
public record Gpu(
    String name,
    String architecture,
    int multiprocessors,
    Peaks peaks,
    double gigabytesPerSecond,
    int sharedBytes) {
  /// Teraflops: FP32 outside tensor cores, and dense products in TF32 and BF16 on them, which is
  /// half of what the datasheets state "with sparsity".
  public record Peaks(double fp32, double tf32, double bf16) {
    double in(Precision precision) {
      return switch (precision) {
        case FP32 -> fp32;
        case TF32 -> tf32;
        case BF16 -> bf16;
      };
    }
  }

  private static final int WARP = 32;
  private static final int REGISTER_UNIT = 256; // per warp
  private static final int WARP_UNIT = 4; // one for each scheduler
  private static final int SHARED_UNIT = 128;
  private static final int SHARED_RESERVED = 1 << 10; // per block

  // of a multiprocessor, of each of these GPUs
  private static final int REGISTERS = 65536;
  private static final int THREADS = 2048;
  private static final int BLOCKS = 32;

  private static final List<Gpu> ALL =
      List.of(
          new Gpu("A100 80GB", "sm_80", 108, new Peaks(19.5, 156, 312), 2039, 164 << 10),
          new Gpu("H100", "sm_90", 132, new Peaks(67, 494.5, 989.5), 3350, 228 << 10));

  /// `a100` or `h100`.
  public static Gpu named(String name) {
    return ALL.stream()
        .filter(gpu -> gpu.name.toLowerCase(Locale.ROOT).startsWith(name.toLowerCase(Locale.ROOT)))
        .filter(gpu -> name.length() >= "a100".length())
        .findFirst()
        .orElseThrow(
            () ->
                new UserException(
                    "no data of a GPU called '%s'; there are: a100, h100".formatted(name)));
  }

  /// Share of the threads that a multiprocessor could hold which blocks of this kernel can fill.
  ///
  /// @param dynamicShared bytes that each block is given beside those that the kernel declares
  public double occupancy(Resources kernel, int threadsPerBlock, int dynamicShared) {
    int warps = roundUp(Math.ceilDiv(threadsPerBlock, WARP), WARP_UNIT);
    int byWarps = THREADS / WARP / Math.ceilDiv(threadsPerBlock, WARP);
    int perWarp = roundUp(Math.max(1, kernel.registers()) * WARP, REGISTER_UNIT);
    int byRegisters = REGISTERS / perWarp / WARP_UNIT * WARP_UNIT / warps;
    int byShared =
        sharedBytes / roundUp(kernel.shared() + dynamicShared + SHARED_RESERVED, SHARED_UNIT);
    int resident = Math.min(Math.min(byWarps, byRegisters), Math.min(byShared, BLOCKS));
    return (double) resident * threadsPerBlock / THREADS;
  }

  /// The shortest time in microseconds in which this GPU could do so much work.
  public double leastMicroseconds(Precision precision, long flops, long bytes) {
    return Math.max(computeMicroseconds(precision, flops), memoryMicroseconds(bytes));
  }

  /// What that time is spent on.
  public String boundBy(Precision precision, long flops, long bytes) {
    return computeMicroseconds(precision, flops) > memoryMicroseconds(bytes) ? "compute" : "memory";
  }

  private double computeMicroseconds(Precision precision, long flops) {
    return flops / peaks.in(precision) / 1e6;
  }

  private double memoryMicroseconds(long bytes) {
    return bytes / gigabytesPerSecond / 1e3;
  }

  private static int roundUp(int value, int unit) {
    return Math.ceilDiv(value, unit) * unit;
  }
}
