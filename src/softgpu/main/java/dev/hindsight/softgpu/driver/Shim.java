package dev.hindsight.softgpu.driver;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Stream;

/// The loaded `libcuda.so.1`: the slot of every function, which JCuda's native code jumps through.
final class Shim {
  private static final int NAME = 0;
  private static final int TARGET = 8;
  private static final int SLOT_BYTES = 16;

  private final Map<String, Long> slots = new TreeMap<>();

  /// Builds the library where needed and loads it. From then on it is this process's driver.
  @SuppressWarnings("restricted")
  Shim() {
    refuseAfterJCuda();
    System.load(ShimBuild.library().toString());
    MemorySegment find = SymbolLookup.loaderLookup().findOrThrow("hindsight_driver_slots");
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment count = arena.allocate(ValueLayout.JAVA_INT);
      long table =
          (long)
              Objects.requireNonNull(
                  CFunction.call(
                      find.address(),
                      FunctionDescriptor.of(ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG),
                      count.address()));
      for (int i = 0; i < count.get(ValueLayout.JAVA_INT, 0); i++) {
        long slot = table + (long) i * SLOT_BYTES;
        slots.put(Host.string(Host.getLong(slot + NAME)), Host.getLong(slot + TARGET));
      }
    }
  }

  /// JCuda's library binds to the first libcuda.so.1 that the process loads, once.
  private static void refuseAfterJCuda() {
    try (Stream<String> maps = Files.lines(Path.of("/proc/self/maps"))) {
      maps.filter(line -> line.contains("/libJCudaDriver") || line.contains("/libcuda.so"))
          .findFirst()
          .ifPresent(
              line -> {
                throw new IllegalStateException(
                    "software GPU: wanted to be the first CUDA driver of this process, but "
                        + line.substring(line.indexOf('/'))
                        + " is loaded already; install it before JCuda's first use");
              });
    } catch (IOException e) {
      throw new IllegalStateException("software GPU: wanted Linux, got " + e.getMessage(), e);
    }
  }

  /// Names of all functions, as the library exports them.
  Iterable<String> functions() {
    return slots.keySet();
  }

  /// Makes a function land at this address.
  void set(String function, MemorySegment target) {
    Long slot = slots.get(function);
    if (slot == null) {
      throw new IllegalArgumentException("libcuda.so.1 has no slot for " + function);
    }
    Host.putLong(slot, target.address());
  }
}
