package dev.hindsight.softgpu.driver;

import dev.hindsight.softgpu.base.Allocation;
import dev.hindsight.softgpu.base.Check;
import dev.hindsight.softgpu.base.IllegalAddress;
import dev.hindsight.softgpu.driver.DriverFinding.What;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The contexts of the one device: the primary one, which users share by count, and created ones.
final class Contexts {
  private final Driver driver;
  private final List<CudaContext> created = new ArrayList<>();
  private @Nullable CudaContext primary;
  private int primaryUsers;
  int primaryFlags;
  private long nextId = 1;

  Contexts(Driver driver) {
    this.driver = driver;
  }

  boolean anyAlive() {
    return primaryActive() || !created.isEmpty();
  }

  CudaContext create(int flags) {
    CudaContext made = new CudaContext(driver, nextId++, false, flags);
    created.add(made);
    return made;
  }

  void destroy(CudaContext context, String call) {
    DriverException.require(!context.primary, "the primary context is released, not destroyed");
    end(context, call);
    created.remove(context);
    driver.handles.remove(context.handle);
    ThreadState thread = driver.thread();
    if (thread.current() == context) {
      thread.pop();
    }
  }

  CudaContext retainPrimary() {
    CudaContext context = primary;
    if (context == null) {
      context = new CudaContext(driver, nextId++, true, primaryFlags);
      primary = context;
    }
    context.alive = true;
    primaryUsers++;
    return context;
  }

  void releasePrimary(String call) {
    if (primaryUsers == 0) {
      throw new DriverException(
          CudaResult.INVALID_CONTEXT, "the primary context was released more often than retained");
    }
    primaryUsers--;
    if (primaryUsers == 0 && primary != null) {
      end(primary, call);
    }
  }

  /// Empties the primary context. Its users keep their handle.
  void resetPrimary(String call) {
    if (primary != null) {
      end(primary, call);
      if (primaryUsers > 0) {
        primary.alive = true;
      }
    }
  }

  boolean primaryActive() {
    return primaryUsers > 0;
  }

  void setPrimaryFlags(int flags) {
    primaryFlags = flags;
    if (primary != null) {
      primary.flags = flags;
    }
  }

  /// The context in which `cuMemAlloc` handed out this address, or null.
  @Nullable CudaContext ownerOf(long address) {
    if (primary != null && primary.allocations.contains(address)) {
      return primary;
    }
    return created.stream()
        .filter(context -> context.allocations.contains(address))
        .findFirst()
        .orElse(null);
  }

  /// Gives device memory back, whichever context is current: addresses of all are in one space.
  void free(long address) {
    CudaContext owner = ownerOf(address);
    Allocation variable = owner == null ? driver.memory().find(address, 1) : null;
    if (variable != null) {
      throw new IllegalAddress(
          String.format(
              "free: 0x%x was not handed out by cuMemAlloc%s",
              address, driver.memory().describe(address)));
    }
    driver.memory().free(address);
    driver.graphMemory.freed(address);
    if (owner != null) {
      owner.allocations.remove(address);
    }
  }

  /// Ends every context, as the end of the program does.
  void endAll(String call) {
    while (!created.isEmpty()) {
      destroy(created.getLast(), call);
    }
    if (primaryActive() && primary != null) {
      primaryUsers = 0;
      end(primary, call);
    }
  }

  /// After a fault nothing can be freed any more, so what is left then is no leak.
  private void end(CudaContext context, String call) {
    boolean failed = context.failed();
    boolean wanted = driver.device.options().has(Check.LEAK);
    for (Allocation left : context.end()) {
      if (wanted && !failed) {
        driver.report(What.LEAK, CudaResult.SUCCESS, call, "leaked " + left);
      }
    }
  }
}
