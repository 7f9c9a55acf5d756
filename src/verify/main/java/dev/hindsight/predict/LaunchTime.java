package dev.hindsight.predict;

import dev.hindsight.backend.KernelCounts;
import dev.hindsight.predict.MachineCode.Kernel;
import dev.hindsight.predict.MachineCode.Pipe;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;

/// The predicted time of one launch: how long each resource would need alone. The longest of them
/// limits the launch; what it takes to start and to wait at barriers over the grid comes on top.
///
/// @param needs microseconds of each resource
/// @param flops floating-point operations
/// @param memoryBytes that device memory moves
public record LaunchTime(String kernel, Map<Resource, Double> needs, long flops, long memoryBytes) {

  /// What a launch takes time of.
  public enum Resource {
    /// Schedulers, an instruction a clock each.
    ISSUE("issue"),
    /// FP32 and integer multiply-adds.
    FMA("FMA"),
    /// Integers, comparisons and selects.
    INTEGER("integer"),
    /// Exponentials, reciprocals, roots.
    MUFU("MUFU"),
    /// Tensor cores.
    TENSOR("tensor"),
    /// Passes over the banks of shared memory.
    SHARED("LDS"),
    /// Bytes between multiprocessors and L2.
    L2("L2"),
    /// Bytes of device memory.
    DRAM("DRAM"),
    /// Waiting for loads, of which too few are under way.
    LATENCY("latency"),
    /// Starting, and barriers over the whole grid.
    LAUNCH("launch");

    private final String label;

    Resource(String label) {
      this.label = label;
    }

    public String label() {
      return label;
    }
  }

  private static final double SECTOR = 32;

  /// Multiply-adds from which a loop counts as one that multiplies; as in sass.py.
  private static final int LEAST_FFMA = 16;

  /// One launch on a GPU.
  ///
  /// @param memoryBytes that device memory moves for it
  public static LaunchTime of(GpuRates gpu, Kernel code, KernelCounts counts, long memoryBytes) {
    return new Estimate(gpu, code, counts, memoryBytes).time();
  }

  /// A memset or a copy by the driver.
  static LaunchTime ofMemory(String name, GpuRates gpu, long bytes, long memoryBytes) {
    Map<Resource, Double> needs = new EnumMap<>(Resource.class);
    needs.put(Resource.L2, gpu.l2().microseconds(bytes));
    needs.put(Resource.DRAM, gpu.dram().microseconds(memoryBytes));
    needs.put(Resource.LAUNCH, GpuRates.LAUNCH);
    return new LaunchTime(name, needs, 0, memoryBytes);
  }

  /// The same behind another start, in microseconds.
  LaunchTime startingIn(double start) {
    Map<Resource, Double> all = new EnumMap<>(needs);
    all.put(Resource.LAUNCH, start);
    return new LaunchTime(kernel, all, flops, memoryBytes);
  }

  /// Microseconds from start to end, with the start.
  public double microseconds() {
    return work() + needs.getOrDefault(Resource.LAUNCH, 0.0);
  }

  /// The same without starting and barriers.
  double work() {
    return needs.entrySet().stream()
        .filter(need -> need.getKey() != Resource.LAUNCH)
        .mapToDouble(Map.Entry::getValue)
        .max()
        .orElse(0);
  }

  /// What most of its time is spent on.
  public Resource limit() {
    return Collections.max(needs.entrySet(), Map.Entry.comparingByValue()).getKey();
  }

  private record Estimate(GpuRates gpu, Kernel code, KernelCounts counts, long memoryBytes) {
    LaunchTime time() {
      Map<Resource, Double> needs = new EnumMap<>(Resource.class);
      double all = 0;
      for (Pipe pipe : Pipe.values()) {
        all += executed(pipe);
      }
      needs.put(Resource.ISSUE, onChip(all / GpuRates.SCHEDULERS));
      needs.put(Resource.FMA, onChip(lanes(Pipe.FMA, gpu.cores().fp32Lanes())));
      needs.put(Resource.INTEGER, onChip(lanes(Pipe.INTEGER, GpuRates.INTEGER_LANES)));
      needs.put(Resource.MUFU, onChip(lanes(Pipe.MUFU, GpuRates.SPECIAL_LANES)));
      needs.put(Resource.TENSOR, tail() * tensor());
      needs.put(Resource.SHARED, onChip((double) counts.shared().moved() / GpuRates.SHARED_PASSES));
      needs.put(Resource.L2, gpu.l2().microseconds(counts.bytesMoved()));
      needs.put(Resource.DRAM, gpu.dram().microseconds(memoryBytes));
      needs.put(Resource.LATENCY, latency());
      needs.put(Resource.LAUNCH, GpuRates.LAUNCH + barriers() * GpuRates.GRID_BARRIER + sums());
      return new LaunchTime(counts.kernel(), needs, counts.flops(), memoryBytes);
    }

    private double warps() {
      return (double) counts.blocks() * Math.ceilDiv(counts.threads(), GpuRates.WARP);
    }

    private long count(String kind) {
      return counts.instructions().getOrDefault(kind, 0L);
    }

    /// Turns of the main loop that all warps take together, from what each turn does for certain.
    private double turns() {
      if (code.turnMma() > 0) {
        return (double) (count("mma") + count("mma.f32")) / code.turnMma();
      }
      if (code.turnFfma() >= LEAST_FFMA) {
        return (double) count("fma.f32") / code.turnFfma();
      }
      int moves = code.turn(Pipe.GLOBAL);
      return moves == 0 ? 0 : (double) counts.global().requests() / moves;
    }

    /// How often all warps together pass what lies outside the main loop: once for each warp, or
    /// for each turn of an outer loop, as the global accesses that are executed there tell. A loop
    /// whose copies have no access in this count, and a path that a launch leaves out, would make
    /// that less than once.
    private double passes() {
      int inPath = code.rest(Pipe.GLOBAL);
      double inTurns = turns() * code.turn(Pipe.GLOBAL);
      double outside = inPath == 0 ? 0 : (counts.global().requests() - inTurns) / inPath;
      return Math.max(warps(), outside);
    }

    /// Instructions of all warps.
    private double executed(Pipe pipe) {
      return turns() * code.turn(pipe) + passes() * code.rest(pipe);
    }

    /// Clocks that all multiprocessors together need for it.
    private double lanes(Pipe pipe, int lanes) {
      return executed(pipe) * GpuRates.WARP / lanes;
    }

    /// Microseconds of so many clocks of one multiprocessor, spread over all.
    private double onChip(double clocks) {
      return gpu.microseconds(clocks / gpu.cores().multiprocessors()) * tail();
    }

    /// How much longer the multiprocessor with the most blocks needs than the average.
    private double tail() {
      double each = (double) counts.blocks() / gpu.cores().multiprocessors();
      return Math.ceil(each) / each;
    }

    private double tensor() {
      String kernel = counts.kernel();
      if (kernel.endsWith("_bf16") || kernel.endsWith("_f16")) {
        return products(4096) / (gpu.cores().bf16() * gpu.cores().mmaShare()) / 1e6;
      }
      if (kernel.endsWith("_tf32")) {
        return products(2048) / (gpu.cores().tf32() * gpu.cores().mmaShare()) / 1e6;
      }
      return 0;
    }

    /// Operations on tensor cores; of m16n8k16 in bf16 and fp16, whose rates are the same, and
    /// m16n8k8 in tf32.
    private double products(int flops) {
      return (double) (count("mma") + count("mma.f32")) * flops;
    }

    private int resident() {
      int shared = code.sharedBytes() + counts.dynamicShared() + GpuRates.SHARED_OF_SYSTEM;
      int unit = GpuRates.SHARED_UNIT;
      int fitting = gpu.sharedBytes() / (Math.ceilDiv(shared, unit) * unit);
      long given = Math.ceilDiv(counts.blocks(), gpu.cores().multiprocessors());
      return (int) Math.max(1, Math.min(given, Math.min(code.blocks(), fitting)));
    }

    /// Little's law: a multiprocessor has the fetches of its resident blocks under way, and each
    /// takes a latency.
    private double latency() {
      double underWay = (double) code.fetchBytes() * code.stages() * counts.threads() * resident();
      if (underWay == 0) {
        return 0;
      }
      double bytes = counts.global().moved() * SECTOR;
      double missing = bytes == 0 ? 0 : Math.min(1, memoryBytes / bytes);
      double clocks = gpu.l2().latency() + missing * (gpu.dram().latency() - gpu.l2().latency());
      return onChip(bytes / underWay * clocks);
    }

    /// Barriers over the whole grid: each block adds to a counter once, by the generic address that
    /// cooperative groups have.
    private double barriers() {
      return (double) count("atom") / counts.blocks();
    }

    /// Microseconds until the last block of a tile has added up what others left: it comes to a
    /// counter in global memory, for its own sum, and for those of four, and so on.
    private double sums() {
      double times = Math.ceil((double) count("atom.global") / counts.blocks());
      return gpu.microseconds(times * GpuRates.SUM_TRIPS * gpu.l2().latency());
    }
  }
}
