package dev.hindsight.softgpu.driver;

import dev.hindsight.softgpu.device.GlobalVariable;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What a program of nvcc registered: its fat binaries, and which of its addresses stand for which
/// kernels and variables of them. A module is loaded when it is first needed.
final class Registrations {
  private static final int BINARY = 0;
  private static final int FUNCTION = 1;
  private static final int MANAGED = 3;

  private final Driver driver;
  private final ModuleCalls modules;
  private final Map<Long, Entry> byAddress = new HashMap<>();
  private final Map<Long, Long> stubs = new HashMap<>();
  private final Map<Long, Loaded> loaded = new HashMap<>();

  /// The last that was read; the program may register more as it loads libraries.
  private long last;

  private record Entry(int kind, long binary, String name) {}

  private record Loaded(long handle, CudaModule module, CudaContext context) {
    boolean alive() {
      return context.modules.contains(module);
    }
  }

  /// @param first where the list of `libcudart.c` begins
  Registrations(Driver driver, ModuleCalls modules, long first) {
    this.driver = driver;
    this.modules = modules;
    last = first;
  }

  private void readOn() {
    for (long at = Host.getLong(last); at != 0; at = Host.getLong(at)) {
      int kind = (int) Host.getLong(at + 8);
      if (kind != BINARY) {
        String name = Host.string(Host.getLong(at + 32));
        byAddress.put(Host.getLong(at + 24), new Entry(kind, Host.getLong(at + 16), name));
      }
      last = at;
    }
  }

  private @Nullable Entry entry(long address) {
    Entry found = byAddress.get(address);
    if (found == null) {
      readOn();
      found = byAddress.get(address);
    }
    return found;
  }

  /// The driver's handle of the kernel behind the address of its stub.
  long function(long address) {
    Entry found = entry(address);
    if (found == null || found.kind != FUNCTION) {
      throw new DriverException(
          CudaResult.INVALID_DEVICE_FUNCTION,
          String.format("wanted a __global__ function, got 0x%x", address));
    }
    long handle = modules.function(module(found.binary).handle, found.name);
    stubs.put(handle, address);
    return handle;
  }

  /// The address of the stub of a kernel that was asked for.
  long stub(long handle) {
    return stubs.getOrDefault(handle, 0L);
  }

  /// The variable behind its address in the program.
  GlobalVariable variable(long address) {
    Entry found = entry(address);
    if (found == null) { // of a managed variable the program has the device's address
      for (Loaded each : loaded.values()) {
        for (GlobalVariable variable : each.module.code().variables().values()) {
          if (variable.address() == address && each.alive()) {
            return variable;
          }
        }
      }
    }
    if (found == null || found.kind == FUNCTION) {
      throw new DriverException(
          CudaResult.INVALID_SYMBOL,
          String.format("wanted a __device__ or __constant__ variable, got 0x%x", address));
    }
    return modules.variable(module(found.binary).handle, found.name);
  }

  private Loaded module(long binary) {
    Loaded known = loaded.get(binary);
    if (known == null || !known.alive()) {
      String name = "program";
      long handle =
          modules.load(FatBinary.ofWrapper(Host.getLong(binary + 24)), name, new JitLog(0, 0, 0));
      CudaModule module = driver.handles.get(handle, CudaModule.class);
      known = new Loaded(handle, module, driver.context());
      loaded.put(binary, known);
      tellManaged(binary, handle);
    }
    return known;
  }

  /// Puts addresses of managed variables where the program reads them.
  private void tellManaged(long binary, long handle) {
    for (Map.Entry<Long, Entry> each : byAddress.entrySet()) {
      if (each.getValue().kind == MANAGED && each.getValue().binary == binary) {
        Host.putLong(each.getKey(), modules.variable(handle, each.getValue().name).address());
      }
    }
  }

  /// Loads a binary, as the program asks before it first touches a managed variable.
  void load(long binary) {
    readOn();
    module(binary);
  }
}
