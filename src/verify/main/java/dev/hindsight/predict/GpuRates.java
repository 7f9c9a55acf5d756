package dev.hindsight.predict;

import dev.hindsight.backend.Precision;
import dev.hindsight.error.UserException;
import dev.hindsight.predict.Measured.Waits;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// What a GPU can do at best, and the source of every number. All constants of the prediction are
/// in this file; `docs/prediction.md` explains how they are used.
///
/// @param name as people say it
/// @param architecture whose machine code it runs, as in `sass.tsv`
/// @param sharedBytes of a multiprocessor
/// @param sharedBytesOfBlock the most that one block may have
/// @param waits in which nothing is computed
public record GpuRates(
    String name,
    String architecture,
    Cores cores,
    Memory l2,
    Memory dram,
    int sharedBytes,
    int sharedBytesOfBlock,
    Waits waits) {

  /// @param clock GHz, boost: with the lanes it gives the FP32 peak of the data sheet
  /// @param loaded GHz that are left where power is the limit
  /// @param fp32Lanes of a multiprocessor: multiply-adds a clock
  /// @param tf32 dense teraflops on tensor cores, 0 where it has none
  /// @param bf16 the same
  /// @param mmaShare of those that `mma.sync` reaches
  record Cores(
      int multiprocessors,
      double clock,
      double loaded,
      int fp32Lanes,
      double tf32,
      double bf16,
      double mmaShare) {
    /// Of a GPU of which the clock under load was not measured.
    Cores(
        int multiprocessors,
        double clock,
        int fp32Lanes,
        double tf32,
        double bf16,
        double mmaShare) {
      this(multiprocessors, clock, LOADED * clock, fp32Lanes, tf32, bf16, mmaShare);
    }
  }

  /// @param gigabytes that it moves in a second
  /// @param latency clocks until what it has arrives
  record Memory(double gigabytes, long bytes, double latency) {
    double microseconds(long moved) {
      return moved / gigabytes / 1e3;
    }
  }

  /// Compute capability: 80 for `sm_80`.
  int capability() {
    return Integer.parseInt(architecture.substring("sm_".length()));
  }

  // Of every multiprocessor from sm_75 on. CUDA C++ Programming Guide, "Throughput of Native
  // Arithmetic Instructions", and the architecture white papers: four schedulers, each an
  // instruction a clock.
  static final int SCHEDULERS = 4;
  static final int INTEGER_LANES = 64;
  static final int SPECIAL_LANES = 16;
  static final int WARP = 32;

  /// Passes over the 32 banks of 4 bytes: one a clock. The same guide, "Shared Memory".
  static final int SHARED_PASSES = 1;

  /// A launch starts by a node of a graph; a barrier over the grid is an atomic and a poll through
  /// L2. Estimates, as docs/prediction.md says: nobody publishes them for these GPUs.
  private static final Waits ASSUMED = new Waits(1.5, 1.5, 1.5);

  /// Of the boost clock, what long products leave: an H100 of 1.98 GHz is said to come down to 1.6.
  /// As above.
  private static final double LOADED = 0.81;

  /// Trips to L2, one after another, of a block that adds up what four blocks left: a fence, an
  /// atomic, a fence, and the four.
  static final int SUM_TRIPS = 7;

  /// Trips between multiprocessors of a barrier over a cluster and the loads behind it: to arrive,
  /// to be let go, and of the loads. An estimate.
  static final int CLUSTER_TRIPS = 3;

  /// Clocks of a trip: Luo et al. 2024 (arXiv 2402.13499), of an H800.
  static final int CLUSTER_LATENCY = 180;

  /// Clocks of a warp's load of 8 bytes a lane, of the 12.5 bytes a clock that a multiprocessor has
  /// of the 3.3 TB/s that they saw.
  static final double CLUSTER_LOAD = 32 * 8 / 12.5;

  /// Shared bytes that the system takes of each block from sm_80 on, and the unit of allocation.
  /// CUDA C++ Programming Guide, "Technical Specifications per Compute Capability".
  static final int SHARED_OF_SYSTEM = 1 << 10;

  static final int SHARED_UNIT = 128;

  private static final int KB = 1 << 10;
  private static final long MB = 1 << 20;
  private static final long GB = 1 << 30;

  /// Peaks, memory, L2's size: NVIDIA H100 data sheet and white paper, SXM5. mma.sync: 63 to 65 %
  /// of the peak, `bench.csv` of blackwell-tensorcore-kernels and Luo et al. 2024 (arXiv
  /// 2402.13499), which also has the latencies. L2: about 5.5 TB/s, Chips and Cheese 2023,
  /// "Nvidia's H100". Memory: 3240 of 3350 GB/s in pranjalssh/fast.cu.
  static final GpuRates H100 =
      new GpuRates(
          "H100",
          "sm_90",
          new Cores(132, 1.98, 128, 494.7, 989.4, 0.64),
          new Memory(5500, 50 * MB, 273),
          new Memory(3350 * 0.97, 80 * GB, 480),
          228 * KB,
          227 * KB,
          ASSUMED);

  /// NVIDIA A100 data sheet (80 GB, SXM4) and white paper. L2: 5120 bytes a clock there, of which
  /// 60 % are assumed to be reached. Latencies: Luo et al. 2024. Memory: the 1.7 TB/s that
  /// gpt-fast's README measured, of 2.04.
  static final GpuRates A100 =
      new GpuRates(
          "A100",
          "sm_80",
          new Cores(108, 1.41, 64, 156, 312, 1),
          new Memory(4400, 40 * MB, 261),
          new Memory(2039 * 0.83, 80 * GB, 466),
          164 * KB,
          163 * KB,
          ASSUMED);

  /// NVIDIA Ada white paper (RTX 4090; dense, sums in fp32). L2: about 5 TB/s, Chips and Cheese
  /// 2022, "Microbenchmarking Nvidia's RTX 4090". Latencies: Luo et al. 2024. Memory: 921 of 1008
  /// GB/s in xytpai/nvbench.
  static final GpuRates RTX_4090 =
      new GpuRates(
          "RTX 4090",
          "sm_89",
          new Cores(128, 2.52, 128, 82.6, 165.2, 1),
          new Memory(5000, 72 * MB, 273),
          new Memory(1008 * 0.91, 24 * GB, 541),
          100 * KB,
          99 * KB,
          ASSUMED);

  /// NVIDIA T4 data sheet. L2, its latency and what memory reaches (220 of 320 GB/s): Jia et al.
  /// 2019 (arXiv 1903.07486), who also saw the clock fall far below the boost of the data sheet
  /// under a load of minutes, which is not predicted.
  static final GpuRates T4 =
      new GpuRates(
          "T4",
          "sm_75",
          new Cores(40, 1.59, 64, 0, 0, 1),
          new Memory(1270, 4 * MB, 188),
          new Memory(320 * 0.69, 16 * GB, 430),
          64 * KB,
          64 * KB,
          ASSUMED);

  /// Those that `predict` knows.
  private static final List<GpuRates> ALL = List.of(H100, A100, RTX_4090, T4);

  /// By name, in any case, with or without spaces; `4090` and `H100 SXM` will do.
  ///
  /// @throws UserException when there is none of this name
  public static GpuRates named(String name) {
    String wanted = plain(name);
    return ALL.stream()
        .filter(
            gpu ->
                Stream.of(plain(gpu.name), plain(gpu.name) + "sxm").anyMatch(wanted::equals)
                    || plain(gpu.name).equals("rtx" + wanted))
        .findFirst()
        .orElseThrow(
            () ->
                new UserException(
                    "no rates are known of a GPU called '%s'; there are: %s"
                        .formatted(
                            name,
                            ALL.stream().map(GpuRates::name).collect(Collectors.joining(", ")))));
  }

  /// The same with what was measured on such a GPU.
  ///
  /// @throws UserException when it was measured on another
  public GpuRates with(Measured measured) {
    if (!plain(measured.gpu()).contains(plain(name))) {
      throw new UserException(
          "--constants were measured on %s, not on %s; leave out one of the two"
              .formatted(measured.gpu(), name));
    }
    double share = cores.bf16 == 0 ? cores.mmaShare : measured.bf16() / cores.bf16;
    return new GpuRates(
        name,
        architecture,
        new Cores(
            cores.multiprocessors,
            measured.clock(),
            measured.clock(),
            cores.fp32Lanes,
            cores.tf32,
            cores.bf16,
            share),
        new Memory(measured.l2().gigabytes(), l2.bytes, measured.l2().latency()),
        new Memory(measured.dram().gigabytes(), dram.bytes, measured.dram().latency()),
        sharedBytes,
        sharedBytesOfBlock,
        measured.waits());
  }

  /// Of the GPUs that `predict` knows, the one that runs this machine code.
  ///
  /// @param architecture `sm_90`
  public static GpuRates ofArchitecture(String architecture) {
    return ALL.stream()
        .filter(gpu -> gpu.architecture.equals(architecture))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("no rates of a GPU of " + architecture));
  }

  private static String plain(String name) {
    return name.toLowerCase(Locale.ROOT).replaceAll("[ _-]", "");
  }

  /// This GPU, where it can multiply in a precision.
  ///
  /// @throws UserException where it has no tensor cores of this precision
  public GpuRates require(Precision precision) {
    if (teraflops(precision) == 0) {
      throw new UserException(
          "%s has no tensor cores for %s; predict it in fp32".formatted(name, precision.label()));
    }
    return this;
  }

  /// The peak of the data sheet, for products in this precision.
  public double teraflops(Precision precision) {
    return switch (precision) {
      case FP32 -> cores.multiprocessors * cores.fp32Lanes * 2 * cores.clock / 1e3;
      case TF32 -> cores.tf32;
      case BF16 -> cores.bf16;
    };
  }

  /// Microseconds of so many clocks.
  double microseconds(double clocks) {
    return clocks / cores.clock / 1e3;
  }

  /// The same GPU at the clock that power leaves it. What tensor cores reach falls with it.
  GpuRates loaded() {
    double share = cores.loaded / cores.clock;
    var slower =
        new Cores(
            cores.multiprocessors,
            cores.loaded,
            cores.loaded,
            cores.fp32Lanes,
            cores.tf32,
            cores.bf16,
            cores.mmaShare * share);
    return new GpuRates(
        name, architecture, slower, l2, dram, sharedBytes, sharedBytesOfBlock, waits);
  }
}
