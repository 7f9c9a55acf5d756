package dev.hindsight.predict;

import dev.hindsight.backend.KernelCounts;
import dev.hindsight.predict.MachineCode.Kernel;
import dev.hindsight.predict.MachineCode.Pipe;
import java.util.Collections;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// The predicted time of one launch: how long each resource would need alone. The longest of them
/// limits the launch; on top comes what overlaps with nothing.
///
/// @param needs microseconds of each resource
/// @param most microseconds of the work where nothing outside the main loop overlaps with it, at
///   the clock that power leaves
/// @param flops floating-point operations
/// @param memoryBytes that device memory moves
public record LaunchTime(
    String kernel, Map<Resource, Double> needs, double most, long flops, long memoryBytes) {

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
    /// What lies outside the main loop, where a multiprocessor has one block, which does one after
    /// the other.
    OUTSIDE("outside"),
    /// A last wave that leaves multiprocessors idle, where moving bytes limits those before it.
    LAST_WAVE("tail"),
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

  /// What all multiprocessors share.
  private static final Set<Resource> MOVING = EnumSet.of(Resource.L2, Resource.DRAM);

  /// Asynchronous copies, as counts call them.
  private static final String COPIES = "cp.global";

  /// What MUFU does, as PTX calls it.
  private static final List<String> SPECIAL =
      List.of("ex2.f32", "lg2.f32", "rcp.f32", "div.f32", "sqrt.f32", "rsqrt.f32", "tanh.f32");

  /// Multiply-adds from which a loop counts as one that multiplies; as in sass.py.
  private static final int LEAST_FFMA = 16;

  /// One launch on a GPU.
  ///
  /// @param memoryBytes that device memory moves for it
  public static LaunchTime of(GpuRates gpu, Kernel code, KernelCounts counts, long memoryBytes) {
    var estimate = new Estimate(gpu, code, counts, memoryBytes);
    var slow = new Estimate(gpu.loaded(), code, counts, memoryBytes);
    return new LaunchTime(
        counts.kernel(),
        estimate.needs(estimate.resident() == 1),
        work(slow.needs(true)),
        counts.flops(),
        memoryBytes);
  }

  /// A memset or a copy by the driver.
  static LaunchTime ofMemory(String name, GpuRates gpu, long bytes, long memoryBytes) {
    Map<Resource, Double> needs = new EnumMap<>(Resource.class);
    needs.put(Resource.L2, gpu.l2().microseconds(bytes));
    needs.put(Resource.DRAM, gpu.dram().microseconds(memoryBytes));
    needs.put(Resource.LAUNCH, gpu.waits().node());
    return new LaunchTime(name, needs, work(needs), 0, memoryBytes);
  }

  /// The same behind another start, in microseconds.
  LaunchTime startingIn(double start) {
    Map<Resource, Double> all = new EnumMap<>(needs);
    all.put(Resource.LAUNCH, start);
    return new LaunchTime(kernel, all, most, flops, memoryBytes);
  }

  /// Microseconds from start to end, with the start: the least that is plausible.
  public double microseconds() {
    return work(needs) + start();
  }

  /// The most that is plausible.
  public double mostMicroseconds() {
    return Math.max(most, work(needs)) + start();
  }

  private double start() {
    return needs.getOrDefault(Resource.LAUNCH, 0.0);
  }

  /// Without the start.
  private static double work(Map<Resource, Double> needs) {
    double longest =
        needs.entrySet().stream()
            .filter(need -> need.getKey().compareTo(Resource.OUTSIDE) < 0)
            .mapToDouble(Map.Entry::getValue)
            .max()
            .orElse(0);
    return longest
        + needs.getOrDefault(Resource.OUTSIDE, 0.0)
        + needs.getOrDefault(Resource.LAST_WAVE, 0.0);
  }

  /// What most of its time is spent on.
  public Resource limit() {
    return Collections.max(needs.entrySet(), Map.Entry.comparingByValue()).getKey();
  }

  private record Estimate(GpuRates gpu, Kernel code, KernelCounts counts, long memoryBytes) {
    /// @param apart whether what lies outside the main loop waits for it
    Map<Resource, Double> needs(boolean apart) {
      Map<Resource, Double> needs = new EnumMap<>(Resource.class);
      double passes = passes();
      double turns = turns();
      needs.putAll(pipes(turns, apart ? 0 : passes));
      needs.put(Resource.TENSOR, tail() * tensor());
      needs.put(Resource.SHARED, onChip((double) counts.shared().moved() / GpuRates.SHARED_PASSES));
      needs.put(Resource.L2, gpu.l2().microseconds(counts.bytesMoved()));
      needs.put(Resource.DRAM, gpu.dram().microseconds(memoryBytes));
      needs.put(Resource.LATENCY, latency());
      boolean loop = turns > 0;
      needs.put(Resource.OUTSIDE, apart && loop ? Collections.max(pipes(0, passes).values()) : 0.0);
      if (apart && !loop) {
        needs.putAll(pipes(0, passes));
      }
      needs.put(Resource.LAST_WAVE, lastWave(needs));
      needs.put(
          Resource.LAUNCH,
          gpu.waits().node() + barriers() * gpu.waits().gridBarrier() + sums() + clusters());
      return needs;
    }

    /// What waves one after the other take longer than the longest need. On the chip each takes as
    /// long; bytes are moved for the blocks that a wave has.
    private double lastWave(Map<Resource, Double> needs) {
      double waves = (double) counts.blocks() / gpu.cores().multiprocessors();
      double moving =
          Math.max(needs.getOrDefault(Resource.L2, 0.0), needs.getOrDefault(Resource.DRAM, 0.0));
      double onChip =
          needs.entrySet().stream()
              .filter(need -> !MOVING.contains(need.getKey()))
              .filter(need -> need.getKey().compareTo(Resource.OUTSIDE) < 0)
              .mapToDouble(Map.Entry::getValue)
              .max()
              .orElse(0);
      double wave = onChip / Math.ceil(waves);
      double whole = Math.floor(waves);
      double all =
          whole * Math.max(wave, moving / waves)
              + (waves > whole ? Math.max(wave, moving * (waves - whole) / waves) : 0);
      return Math.max(0, all - Math.max(onChip, moving));
    }

    /// What executes so many turns of the main loop and passes of what lies outside.
    private Map<Resource, Double> pipes(double turns, double passes) {
      Map<Resource, Double> pipes = new EnumMap<>(Resource.class);
      double all = 0;
      for (Pipe pipe : Pipe.values()) {
        all += executed(pipe, turns, passes);
      }
      pipes.put(Resource.ISSUE, onChip(all / GpuRates.SCHEDULERS));
      pipes.put(Resource.FMA, lanes(executed(Pipe.FMA, turns, passes), gpu.cores().fp32Lanes()));
      pipes.put(
          Resource.INTEGER, lanes(executed(Pipe.INTEGER, turns, passes), GpuRates.INTEGER_LANES));
      pipes.put(Resource.MUFU, lanes(executed(Pipe.MUFU, turns, passes), GpuRates.SPECIAL_LANES));
      return pipes;
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
      int moves = code.turn(Pipe.GLOBAL) + code.turn(Pipe.COPY);
      return moves == 0 ? 0 : (double) counts.global().requests() / moves;
    }

    /// How often all warps together pass what lies outside the main loop, as the global accesses or
    /// the special functions that are executed there tell: the loops beside it, or all where there
    /// are none. The rest once for each warp. A path that a launch leaves out would make that less
    /// than once.
    private double passes() {
      double accesses = outside(Pipe.GLOBAL, counts.global().requests() - count(COPIES));
      double specials = outside(Pipe.MUFU, SPECIAL.stream().mapToLong(this::count).sum());
      return Math.max(warps(), Math.max(accesses, specials));
    }

    private double outside(Pipe pipe, long executed) {
      double elsewhere =
          turns() * code.turn(pipe) + parts() * code.split(pipe) + warps() * once(pipe);
      int inPath = code.rest(pipe) - once(pipe);
      return inPath == 0 ? 0 : (executed - elsewhere) / inPath;
    }

    /// Instructions on the path outside of all loops, where others lie in a loop beside the main
    /// one that tells how often it is passed.
    private int once(Pipe pipe) {
      boolean tells = code.again(Pipe.GLOBAL) + code.again(Pipe.MUFU) > 0;
      return tells ? Math.max(0, code.rest(pipe) - code.again(pipe)) : 0;
    }

    /// How often warps bring their part of a sum that blocks share: those of a block whenever it
    /// comes to a counter.
    private double parts() {
      return (double) count("atom.global") * Math.ceilDiv(counts.threads(), GpuRates.WARP);
    }

    /// Instructions of all warps. Copies were counted: a turn makes none of what the chip keeps.
    private double executed(Pipe pipe, double turns, double passes) {
      if (pipe == Pipe.COPY) {
        return turns > 0 ? count(COPIES) : 0;
      }
      double outside = passes * (code.rest(pipe) - once(pipe));
      double apart = passes > 0 ? parts() * code.split(pipe) + warps() * once(pipe) : 0;
      return turns * code.turn(pipe) + outside + apart;
    }

    /// Microseconds of so many instructions of warps on a pipe of this width.
    private double lanes(double instructions, int lanes) {
      return onChip(instructions * GpuRates.WARP / lanes);
    }

    /// Microseconds of so many clocks of one multiprocessor, spread over all.
    private double onChip(double clocks) {
      return gpu.microseconds(clocks / gpu.cores().multiprocessors()) * tail();
    }

    /// How much longer the multiprocessor with the most blocks needs than the average; where each
    /// has one at most, that with the block that does most.
    private double tail() {
      double each = (double) counts.blocks() / gpu.cores().multiprocessors();
      double all = counts.warpInstructions();
      boolean one = each <= 1 && all > 0;
      double busiest = one ? Math.max(1, counts.busiest() * counts.blocks() / all) : 1;
      return Math.ceil(each) / each * busiest;
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

    /// Microseconds of barriers of clusters, and of what a block then loads from the shared memory
    /// of others. A barrier is two instructions of each warp; where one over the grid lies between
    /// them nobody waits for the other.
    private double clusters() {
      double times = Math.max(0, count("barrier.cluster") / warps() / 2 - barriers());
      double loads = (double) count("ld.shared::cluster") / counts.blocks();
      double trips = times * GpuRates.CLUSTER_TRIPS * GpuRates.CLUSTER_LATENCY;
      return gpu.microseconds(trips + loads * GpuRates.CLUSTER_LOAD);
    }

    /// Microseconds until the last block of a tile has added up what others left: it comes to a
    /// counter in global memory, for its own sum, and for those of four, and so on.
    private double sums() {
      double times = Math.ceil((double) count("atom.global") / counts.blocks());
      return gpu.microseconds(times * GpuRates.SUM_TRIPS * gpu.l2().latency());
    }
  }
}
