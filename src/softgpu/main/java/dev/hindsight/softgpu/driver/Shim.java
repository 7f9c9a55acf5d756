package dev.hindsight.softgpu.driver;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Stream;

/// The loaded `libcuda.so.1`: the slot of every function, which JCuda's native code jumps through.
final class Shim {
  private static final int NAME = 0;
  private static final int TARGET = 8;
  private static final int SLOT_BYTES = 24;

  private final Map<String, Long> slots = new TreeMap<>();

  /// Where the program's registrations begin; 0 where it has no runtime library.
  private long registrations;

  /// Builds the library where needed and loads it. From then on it is this process's driver.
  static Shim underJCuda() {
    refuseAfterJCuda();
    return new Shim();
  }

  /// Takes the library that the program has loaded.
  static Shim inProgram() {
    return new Shim();
  }

  @SuppressWarnings("restricted")
  private Shim() {
    System.load(ShimBuild.library().toString());
    try (Arena arena = Arena.ofConfined()) {
      long count = arena.allocate(ValueLayout.JAVA_INT).address();
      read(call("hindsight_driver_slots", count), Host.getInt(count));
    }
    for (String function : slots.keySet()) {
      set(function, symbol("hindsight_not_supported"));
    }
  }

  /// Makes room for the functions of a runtime library where there is one. Their slots say which is
  /// missing.
  boolean addRuntime() {
    try (Arena arena = Arena.ofConfined()) {
      long count = arena.allocate(ValueLayout.JAVA_INT).address();
      long first = arena.allocate(ValueLayout.JAVA_LONG).address();
      read(call("hindsight_runtime_slots", count, first), Host.getInt(count));
      registrations = Host.getLong(first);
    }
    return registrations != 0;
  }

  long registrations() {
    return registrations;
  }

  /// Leads the runtime API of JCuda, whose library has NVIDIA's runtime in itself, to ours. `fill`
  /// runs at its first call. False where that library is none that can be led.
  @SuppressWarnings("restricted")
  static boolean leadJCudaRuntime(long fill) {
    System.load(ShimBuild.library().resolveSibling(ShimBuild.PRELOAD).toString());
    Host.putLong(symbol("hindsight_fill"), fill);
    try (Arena arena = Arena.ofConfined()) {
      long name = arena.allocateFrom("libJCudaRuntime").address();
      return (int) call("hindsight_replace", name) > 0;
    }
  }

  private void read(long table, int count) {
    for (int i = 0; i < count; i++) {
      long slot = table + (long) i * SLOT_BYTES;
      slots.put(Host.string(Host.getLong(slot + NAME)), Host.getLong(slot + TARGET));
    }
  }

  private static long call(String function, Object... pointers) {
    MemoryLayout[] layouts = new MemoryLayout[pointers.length];
    Arrays.fill(layouts, ValueLayout.JAVA_LONG);
    FunctionDescriptor type = FunctionDescriptor.of(ValueLayout.JAVA_LONG, layouts);
    return (long) Objects.requireNonNull(CFunction.call(symbol(function), type, pointers));
  }

  private static long symbol(String name) {
    return SymbolLookup.loaderLookup().findOrThrow(name).address();
  }

  /// The address of an exported function, or 0.
  static long exported(String name) {
    return SymbolLookup.loaderLookup().find(name).map(MemorySegment::address).orElse(0L);
  }

  /// Prints as the program does.
  static void write(long text, long bytes) {
    FunctionDescriptor type =
        FunctionDescriptor.ofVoid(ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG);
    CFunction.call(symbol("hindsight_write"), type, text, bytes);
  }

  /// The C function that is called as the program ends.
  static void atEnd(long function) {
    Host.putLong(symbol("hindsight_end"), function);
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

  /// Names of functions of the driver, or else of the runtime, as the libraries export them.
  List<String> functions(boolean ofTheRuntime) {
    return slots.keySet().stream().filter(name -> name.startsWith("cuda") == ofTheRuntime).toList();
  }

  /// Makes a function land at this address.
  void set(String function, long target) {
    Long slot = slots.get(function);
    if (slot == null) {
      throw new IllegalArgumentException("libcuda.so.1 has no slot for " + function);
    }
    Host.putLong(slot, target);
  }
}
