package dev.hindsight.softgpu.device;

import dev.hindsight.softgpu.base.Allocation;
import dev.hindsight.softgpu.base.DeviceMemory;
import dev.hindsight.softgpu.base.Dim3;
import dev.hindsight.softgpu.base.LaunchCounters;
import dev.hindsight.softgpu.base.Options;
import dev.hindsight.softgpu.base.Shape;
import dev.hindsight.softgpu.decode.Loader;
import dev.hindsight.softgpu.exec.BlockScheduler;
import dev.hindsight.softgpu.exec.Bytes;
import dev.hindsight.softgpu.exec.ChildWork;
import dev.hindsight.softgpu.exec.Launch;
import dev.hindsight.softgpu.ptx.Clusters;
import dev.hindsight.softgpu.ptx.Function;
import dev.hindsight.softgpu.ptx.Module;
import dev.hindsight.softgpu.ptx.Parser;
import dev.hindsight.softgpu.ptx.PtxException;
import dev.hindsight.softgpu.ptx.Variable;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// One simulated device: its memory, the modules loaded into it, and launches that run on the CPU.
/// Launches run to their end before [#launch] returns, one at a time.
public final class SimulatedDevice {
  /// Most threads of a block.
  public static final int MAX_THREADS = 1024;

  private static final int GRID_WORKSPACE_BYTES = 4096;

  private final Options options;
  private final DeviceMemory memory;
  private final List<LaunchCounters> counters = new ArrayList<>();
  private volatile @Nullable LaunchCounters lastCounters;
  private List<ChildWork> children = List.of();

  public SimulatedDevice(Options options) {
    this.options = options;
    this.memory = new DeviceMemory(options.size().memoryBytes());
  }

  public Options options() {
    return options;
  }

  public DeviceMemory memory() {
    return memory;
  }

  /// Loads PTX text. `name` appears in messages. Throws [PtxException] for what is no PTX; a kernel
  /// that cannot be executed is refused when it is launched.
  public PtxModule load(String ptx, String name) {
    List<ProgramCache.EntryPoint> known = ProgramCache.of(ptx);
    if (known != null) {
      return loaded(name, Map.of(), known);
    }
    Module module = Parser.parse(ptx, name);
    Map<Variable, Long> addresses = new HashMap<>();
    Map<String, GlobalVariable> variables = new LinkedHashMap<>();
    try {
      Map<Variable, String> refused = allocate(module, addresses, variables);
      Loader loader = new Loader(module, addresses, refused);
      List<ProgramCache.EntryPoint> entries = new ArrayList<>();
      for (Function function : module.functions().values()) {
        if (function.entry() && !function.external()) {
          long address = module.address(function.name());
          entries.add(new ProgramCache.EntryPoint(function, loader.load(function), address));
        }
      }
      if (variables.isEmpty()) {
        ProgramCache.keep(ptx, entries);
      }
      return loaded(name, variables, entries);
    } catch (PtxException refused) {
      variables.values().forEach(variable -> memory.free(variable.address()));
      throw refused;
    }
  }

  private static PtxModule loaded(
      String name, Map<String, GlobalVariable> variables, List<ProgramCache.EntryPoint> entries) {
    PtxModule module = new PtxModule(name, variables);
    entries.forEach(entry -> module.add(kernel(entry.loaded(), entry.function()), entry.address()));
    return module;
  }

  private static Kernel kernel(Loader.Loaded loaded, Function function) {
    return new Kernel(
        function.name(),
        loaded.layout().parameters(),
        loaded.layout().parameterBytes(),
        loaded.layout().registers(),
        function.bounds().threads() == 0 ? MAX_THREADS : function.bounds().threads(),
        function.bounds().clusters(),
        loaded.program(),
        loaded.refusal());
  }

  /// Returns the variables that no kernel may use, and why.
  private Map<Variable, String> allocate(
      Module module, Map<Variable, Long> addresses, Map<String, GlobalVariable> variables) {
    Map<Variable, String> refused = new HashMap<>();
    for (Variable v : module.variables().values()) {
      if (v.space != Variable.Space.GLOBAL && v.space != Variable.Space.CONST) {
        continue;
      }
      if (v.external) {
        refused.put(v, module.name() + ": external variable " + v + " is not supported");
        continue;
      }
      boolean constant = v.space == Variable.Space.CONST;
      int bytes = Math.max(1, v.bytes);
      Allocation made =
          v.managed
              ? memory.allocateForHost(bytes, v.name)
              : memory.allocate(bytes, v.name, constant, v.align);
      made.wrote();
      if (v.initial != null) {
        MemorySegment.copy(MemorySegment.ofArray(v.initial), 0, made.bytes(), 0, v.initial.length);
      }
      addresses.put(v, made.base);
      variables.put(v.name, new GlobalVariable(v.name, made.base, v.bytes, v.origin));
    }
    for (Variable v : module.declared()) {
      GlobalVariable defined = variables.get(v.name);
      if (defined != null) {
        addresses.put(v, defined.address());
      }
    }
    for (Variable v : module.variables().values()) {
      for (Variable.Reference reference : v.references) {
        GlobalVariable holder = variables.get(v.name);
        Allocation place = holder == null ? null : memory.find(holder.address(), 1);
        long target = address(module, variables, reference.name());
        if (target == 0 || place == null || place.size - reference.at() < 8) {
          refused.put(v, module.name() + ": initialiser of " + v + " names " + reference.name());
          continue;
        }
        Bytes.set(place.bytes(), reference.at(), 8, target + reference.offset());
      }
    }
    return refused;
  }

  /// The address of a variable or a function, or 0.
  private static long address(Module module, Map<String, GlobalVariable> variables, String name) {
    GlobalVariable variable = variables.get(name);
    if (variable != null) {
      return variable.address();
    }
    Function function = module.functions().get(name);
    return function == null || function.entry() ? 0 : module.address(name);
  }

  /// Gives back the module's variables.
  public void unload(PtxModule module) {
    module.variables().values().forEach(variable -> memory.free(variable.address()));
  }

  /// Runs a kernel, in the clusters that it is compiled for.
  public void launch(
      Kernel kernel,
      Dim3 grid,
      Dim3 block,
      int dynamicSharedBytes,
      byte[] parameters,
      boolean cooperative) {
    Dim3 cluster = kernel.clusters().required();
    launch(kernel, new Shape(grid, cluster, block, dynamicSharedBytes, cooperative), parameters);
  }

  /// Runs a kernel.
  ///
  /// @param parameters laid out as [Kernel#parameters] says
  /// @throws dev.hindsight.softgpu.check.DeviceFault when a check found something
  /// @throws PtxException for a kernel that cannot be executed
  /// @throws IllegalArgumentException for a launch that CUDA refuses
  public synchronized void launch(Kernel kernel, Shape shape, byte[] parameters) {
    check(kernel, shape, parameters);
    boolean cooperative = shape.cooperative();
    Allocation workspace =
        cooperative
            ? memory.allocate(GRID_WORKSPACE_BYTES, "grid barrier", false, DeviceMemory.ALIGN)
            : null;
    Launch launch =
        new Launch(
            kernel.program(),
            memory,
            options,
            shape,
            parameters,
            workspace == null ? 0 : workspace.base);
    try {
      if (workspace != null) {
        workspace.wrote();
      }
      lastCounters = new BlockScheduler(launch, cooperative).run();
      if (lastCounters != null) {
        counters.add(lastCounters);
      }
    } finally {
      children = launch.children.end();
      memory.settle();
      if (workspace != null) {
        memory.free(workspace.base);
      }
    }
  }

  /// What the kernel of the latest launch asked for behind itself, in order. The caller runs it, as
  /// it knows what else belongs to a launch.
  public synchronized List<ChildWork> takeChildren() {
    List<ChildWork> taken = children;
    children = List.of();
    return taken;
  }

  private static void check(Kernel kernel, Shape shape, byte[] parameters) {
    Dim3 grid = shape.grid();
    Dim3 block = shape.block();
    if (!kernel.refusal().isEmpty()) {
      throw new PtxException(kernel.refusal());
    }
    if (parameters.length < kernel.parameterBytes()) {
      throw new IllegalArgumentException(
          String.format(
              "%s: wanted %d parameter bytes, got %d",
              kernel, kernel.parameterBytes(), parameters.length));
    }
    if (grid.x() < 1 || grid.y() < 1 || grid.z() < 1 || grid.y() > 65535 || grid.z() > 65535) {
      throw new IllegalArgumentException(kernel + ": grid " + grid + " is not possible");
    }
    boolean empty = block.x() < 1 || block.y() < 1 || block.z() < 1;
    if (empty || block.z() > 64 || block.count() > kernel.maxThreads()) {
      throw new IllegalArgumentException(
          String.format(
              "%s: block %s is not possible, a block has 1 to %d threads",
              kernel, block, kernel.maxThreads()));
    }
    String clusters = kernel.clusters().refusal(grid, shape.cluster(), Clusters.MOST);
    if (!clusters.isEmpty()) {
      throw new IllegalArgumentException(kernel + ": " + clusters);
    }
  }

  /// Counts of all launches since the last call, in order; empty with counters off. They are kept
  /// until they are taken.
  public synchronized List<LaunchCounters> takeCounters() {
    List<LaunchCounters> taken = List.copyOf(counters);
    counters.clear();
    return taken;
  }

  /// Counts of the latest launch; null before the first or with counters off.
  public @Nullable LaunchCounters lastCounters() {
    return lastCounters;
  }
}
