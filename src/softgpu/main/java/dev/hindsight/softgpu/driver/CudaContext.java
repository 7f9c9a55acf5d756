package dev.hindsight.softgpu.driver;

import dev.hindsight.softgpu.base.Allocation;
import dev.hindsight.softgpu.base.DeviceHeap;
import dev.hindsight.softgpu.base.DeviceMemory;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// A context: what was allocated and loaded in it, and the error that ended its usefulness.
final class CudaContext {
  /// The number of the limit of what kernels have from `malloc`.
  static final int HEAP_LIMIT = 2;

  /// `CUlimit` by number: stack, printf buffer, heap, depth and launches of device-side runtime.
  private static final Map<Integer, Long> LIMITS =
      Map.of(0, 1024L, 1, 1L << 20, 2, 8L << 20, 3, 2L, 4, 2048L);

  private final Driver driver;
  final long handle;
  final long id;
  final boolean primary;

  /// Device addresses that `cuMemAlloc` handed out and nobody freed yet.
  final Set<Long> allocations = new LinkedHashSet<>();

  /// What its kernels have from `malloc`.
  final DeviceHeap heap;

  private final Set<Long> children = new LinkedHashSet<>();
  final Set<CudaModule> modules = new LinkedHashSet<>();
  final Map<Integer, Long> limits = new LinkedHashMap<>(LIMITS);
  private final CudaStream legacyStream = new CudaStream(this, 0, 0, 0);
  private final CudaStream perThreadStream = new CudaStream(this, 2, 0, 0);
  int flags;
  int cacheConfig;
  boolean alive = true;

  /// The error that every later call answers, or null.
  private @Nullable CudaResult failure;

  /// Says to the first of these calls why; empty once it is said.
  private String why = "";

  CudaContext(Driver driver, long id, boolean primary, int flags) {
    this.driver = driver;
    this.id = id;
    this.primary = primary;
    this.flags = flags;
    this.handle = driver.handles.add(this);
    this.heap = new DeviceHeap(driver.memory(), DeviceMemory.HEAP_BYTES);
  }

  /// A kernel's error ends its usefulness.
  void fail(CudaResult result, String call) {
    failure = result;
    why =
        "the context failed with the finding of "
            + call
            + " above and answers its error from now on; destroy it, or keep going"
            + " (-Dhindsight.softgpu.keep-going=true)";
  }

  @Nullable CudaResult failure() {
    return failure;
  }

  boolean failed() {
    return failure != null;
  }

  void requireAlive() {
    CudaResult error = failure;
    if (error != null) {
      String said = why;
      why = "";
      throw new DriverException(error, said);
    }
  }

  /// Handles of streams, events and the like that end with this context.
  long adopt(Object child) {
    long made = driver.handles.add(child);
    children.add(made);
    return made;
  }

  void disown(long child) {
    children.remove(child);
    driver.handles.remove(child);
  }

  /// The stream behind a handle; 0 and 1 are the legacy stream, 2 the thread's own.
  CudaStream stream(long stream) {
    return switch ((int) stream) {
      case 0, 1 -> legacyStream;
      case 2 -> perThreadStream;
      default -> driver.handles.get(stream, CudaStream.class);
    };
  }

  /// Gives everything back and returns what was still allocated.
  List<Allocation> end() {
    List<Allocation> leaks = new ArrayList<>();
    for (long address : allocations) {
      Allocation leak = driver.memory().find(address, 1);
      if (leak != null) {
        leaks.add(leak);
        driver.memory().free(address);
      }
    }
    allocations.clear();
    leaks.addAll(heap.end());
    modules.forEach(module -> driver.device.unload(module.code()));
    modules.clear();
    children.forEach(driver.handles::remove);
    children.clear();
    failure = null;
    alive = false;
    return leaks;
  }
}
