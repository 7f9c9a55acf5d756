package dev.hindsight.softgpu.driver;

import dev.hindsight.natives.JCudaNatives;
import dev.hindsight.softgpu.base.Options;
import dev.hindsight.softgpu.device.SimulatedDevice;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A CUDA driver in Java: after [#install], the unmodified JCuda of this process finds one device,
/// which is a [SimulatedDevice]. Functions that it lacks answer `CUDA_ERROR_NOT_SUPPORTED`; see
/// [#missing].
///
/// It is one for the whole process because `libcuda.so.1` is.
public final class InstalledDriver {
  private static @Nullable InstalledDriver installed;
  private static boolean jcudaLoaded;

  private final Driver driver;
  private final AllocationNames names = new AllocationNames();
  private final Upcalls.Functions functions;
  private final Shim shim;
  private final List<Calls> ofTheDriver;
  private final ModuleCalls modules;
  private final FunctionCalls kernels;
  private final OccupancyCalls occupancy;
  private final MemoryCalls memory;
  private final PoolCalls pools;
  private final GraphCalls graphs;
  private final GraphNodeCalls nodes;
  private final ImageCalls images;
  private boolean runtimeServed;

  private InstalledDriver(Options options, Shim shim) {
    this.shim = shim;
    driver = new Driver(options);
    modules = new ModuleCalls(driver);
    kernels = new FunctionCalls(driver);
    occupancy = new OccupancyCalls(driver);
    memory = new MemoryCalls(driver, names);
    pools = new PoolCalls(driver, memory);
    graphs = new GraphCalls(driver);
    nodes = new GraphNodeCalls(driver);
    images = new ImageCalls(driver, names);
    ofTheDriver =
        List.of(
            new StaticRuntimeCalls(driver),
            new DeviceCalls(driver),
            new ContextCalls(driver),
            modules,
            new LinkCalls(driver),
            kernels,
            new LaunchCalls(driver),
            occupancy,
            memory,
            new CopyCalls(driver),
            images,
            new ReferenceCalls(driver, images),
            new TensorMapCalls(driver),
            pools,
            new FillCalls(driver),
            new StreamCalls(driver),
            new EventCalls(driver),
            graphs,
            nodes);
    functions = Upcalls.install(shim, driver, shim.functions(false), ofTheDriver);
  }

  /// Fills the slots of the runtime library, where the process has one.
  private void addRuntime() {
    if (!shim.addRuntime()) {
      return;
    }
    Registrations registered = new Registrations(driver, modules, shim.registrations());
    RuntimeArrayCalls arrays = new RuntimeArrayCalls(driver, images);
    List<Calls> groups = new ArrayList<>(ofTheDriver);
    groups.add(new RuntimeDeviceCalls(driver));
    groups.add(new RuntimeMemoryCalls(driver, memory, pools, registered));
    groups.add(arrays);
    groups.add(new RuntimeLaunchCalls(driver, registered, kernels, occupancy));
    groups.add(new RuntimeGraphCalls(driver, registered, nodes, graphs, arrays));
    Upcalls.Functions _ = Upcalls.install(shim, driver, shim.functions(true), groups);
  }

  /// For a program that is not Java's and has loaded `libcuda.so.1`.
  static synchronized InstalledDriver inProgram(Options options) {
    InstalledDriver made = new InstalledDriver(options, Shim.inProgram());
    made.addRuntime();
    installed = made;
    return made;
  }

  /// Makes the software GPU this process's only CUDA device. It must come before JCuda's first use.
  /// A later call with other options starts a fresh device, which needs that no context is alive.
  ///
  /// Throws IllegalStateException, with one line that says what to do: another garbage collector
  /// than G1, no C compiler, a CUDA driver that is loaded already.
  public static synchronized InstalledDriver install(Options options) {
    InstalledDriver current = installed;
    if (current == null) {
      refuseOtherCollectors();
      current = new InstalledDriver(options, Shim.underJCuda());
      installed = current;
    } else if (!current.device().options().equals(options)) {
      current.driver.restart(options);
    }
    loadJCuda();
    return current;
  }

  /// Serves JCuda's runtime API, `jcuda.runtime.JCuda`, too, where the class path has it. Its
  /// functions are bound at the first call.
  public synchronized void serveRuntimeApi() {
    String type = "jcuda.runtime.JCuda";
    if (runtimeServed
        || InstalledDriver.class.getClassLoader().getResource(type.replace('.', '/') + ".class")
            == null) {
      return;
    }
    runtimeServed = true;
    try {
      MethodHandle fill =
          MethodHandles.lookup()
              .findVirtual(InstalledDriver.class, "addRuntime", MethodType.methodType(void.class));
      @SuppressWarnings("restricted")
      long address =
          Linker.nativeLinker()
              .upcallStub(fill.bindTo(this), FunctionDescriptor.ofVoid(), Arena.global())
              .address();
      JCudaNatives.load(type, () -> Shim.leadJCudaRuntime(address));
    } catch (IOException | ReflectiveOperationException e) {
      throw new IllegalStateException("software GPU: " + e.getMessage(), e);
    }
  }

  /// The file of `libcuda.so.1`, built first where there is none yet.
  public static Path library() {
    return ShimBuild.library();
  }

  /// Copies all that is built, with its sources, for a machine without a C compiler.
  public static void copyTo(Path folder) throws IOException {
    ShimBuild.copyTo(folder);
  }

  /// Where NVRTC is missing, JCuda's finds ours: it is loaded already by the name that it wants.
  @SuppressWarnings("restricted")
  private static void loadJCuda() {
    if (jcudaLoaded) {
      return;
    }
    try {
      Path nvrtc = ShimBuild.nvrtc();
      if (nvrtc != null) {
        System.load(nvrtc.toString());
      }
      JCudaNatives.load("jcuda.driver.JCudaDriver");
      jcudaLoaded = true;
    } catch (IOException e) {
      throw new IllegalStateException("software GPU: " + e.getMessage(), e);
    }
  }

  /// The driver of this process, or null when none was installed.
  public static synchronized @Nullable InstalledDriver installed() {
    return installed;
  }

  /// JCuda holds Java arrays critically while it is inside the driver. A collection then waits for
  /// the driver, which waits for the collection, unless the collector can pin single regions.
  private static void refuseOtherCollectors() {
    List<String> collectors =
        ManagementFactory.getGarbageCollectorMXBeans().stream()
            .map(GarbageCollectorMXBean::getName)
            .toList();
    if (collectors.stream().noneMatch(name -> name.startsWith("G1 "))) {
      throw new IllegalStateException(
          "software GPU: wanted the G1 garbage collector, got "
              + String.join(", ", collectors)
              + ", which can hang in JCuda; start Java with -XX:+UseG1GC");
    }
  }

  /// The device.
  public SimulatedDevice device() {
    return driver.device;
  }

  /// All findings so far, in order.
  public List<DriverFinding> findings() {
    return List.copyOf(driver.findings);
  }

  /// Forgets the findings so far.
  public void clearFindings() {
    driver.findings.clear();
  }

  /// Graphs that the program launched so far.
  public long graphLaunches() {
    return driver.graphLaunches;
  }

  /// Names the allocation that this thread makes next; reports use the name.
  public void nameNext(String name) {
    names.forNext(name);
  }

  /// Exported functions that do what CUDA's do.
  public List<String> answered() {
    return functions.answered();
  }

  /// Exported functions that answer `CUDA_ERROR_NOT_SUPPORTED`.
  public List<String> missing() {
    return functions.missing();
  }

  /// Ends the contexts, says how much was found and returns it.
  public int conclude() {
    end();
    int count = findings().size();
    if (count > 0) {
      System.err.printf("software GPU: %d finding%s%n", count, count == 1 ? "" : "s");
    }
    return count;
  }

  /// Ends every context that is still alive, as the end of a program does, and reports leaks. It
  /// does nothing while another thread is inside the driver and stays there.
  public void end() {
    driver.endAll();
  }
}
