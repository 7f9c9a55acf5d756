package dev.hindsight.backend.cpu;

import dev.hindsight.natives.Downcalls;
import dev.hindsight.natives.PackedLibrary;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import org.bytedeco.javacpp.Loader;
import org.jspecify.annotations.Nullable;

/// Finds the oneDNN that bytedeco packs, once per process.
final class OneDnnLibrary {
  private static final FunctionDescriptor SGEMM =
      FunctionDescriptor.of(
          ValueLayout.JAVA_INT, // status
          ValueLayout.JAVA_BYTE, // a transposed
          ValueLayout.JAVA_BYTE, // b transposed
          ValueLayout.JAVA_LONG, // m
          ValueLayout.JAVA_LONG, // n
          ValueLayout.JAVA_LONG, // k
          ValueLayout.JAVA_FLOAT, // alpha
          ValueLayout.JAVA_LONG, // a
          ValueLayout.JAVA_LONG, // lda
          ValueLayout.JAVA_LONG, // b
          ValueLayout.JAVA_LONG, // ldb
          ValueLayout.JAVA_FLOAT, // beta
          ValueLayout.JAVA_LONG, // c
          ValueLayout.JAVA_LONG); // ldc

  /// @param sgemm null when oneDNN is missing
  /// @param setThreads how many threads OpenMP may use on behalf of the caller; null likewise
  /// @param name its version and the instructions that it picked: `oneDNN 3.11.0 (avx512_core)`
  /// @param missing why it is missing; null when it is there
  record Found(
      @Nullable MethodHandle sgemm,
      @Nullable MethodHandle setThreads,
      String name,
      @Nullable String missing) {}

  static final Found FOUND = find();

  private OneDnnLibrary() {}

  private static Found find() {
    try {
      load("libgomp.so.1");
      SymbolLookup symbols = load("libdnnl.so.3");
      return new Found(
          Downcalls.handle(symbols, "dnnl_sgemm", SGEMM),
          // Of the OpenMP that oneDNN itself found, which another library may have brought.
          Downcalls.handle(
              symbols, "omp_set_num_threads", FunctionDescriptor.ofVoid(ValueLayout.JAVA_INT)),
          "oneDNN %s (%s)".formatted(version(symbols), instructions(symbols)),
          null);
    } catch (LinkageError | IllegalArgumentException e) {
      // The jar for this platform is absent, or the library does not load.
      return new Found(null, null, "", "no oneDNN (" + e.getMessage() + ")");
    }
  }

  /// Unpacks a library of the jar and loads it. oneDNN needs OpenMP's, which a small system does
  /// not have, and the linker does not look beside the one for the other; but what is loaded
  /// already it finds by name.
  @SuppressWarnings("restricted") // loads native code
  private static SymbolLookup load(String name) {
    String resource = "org/bytedeco/dnnl/" + Loader.getPlatform() + "/" + name;
    try {
      ClassLoader loader = OneDnnLibrary.class.getClassLoader();
      return SymbolLookup.libraryLookup(PackedLibrary.unpack(loader, resource), Arena.global());
    } catch (IOException e) {
      throw new IllegalArgumentException("cannot unpack " + name + ": " + e.getMessage(), e);
    }
  }

  /// `dnnl_version_t` begins with three numbers.
  @SuppressWarnings("restricted") // reads a struct of C
  private static String version(SymbolLookup symbols) {
    MethodHandle get =
        Downcalls.handle(symbols, "dnnl_version", FunctionDescriptor.of(ValueLayout.ADDRESS));
    try {
      MemorySegment version = (MemorySegment) get.invokeExact();
      MemorySegment numbers = version.reinterpret(3L * Integer.BYTES);
      return "%d.%d.%d"
          .formatted(
              numbers.getAtIndex(ValueLayout.JAVA_INT, 0),
              numbers.getAtIndex(ValueLayout.JAVA_INT, 1),
              numbers.getAtIndex(ValueLayout.JAVA_INT, 2));
    } catch (Throwable e) {
      throw Downcalls.unexpected(e);
    }
  }

  /// What this CPU has, or what `ONEDNN_MAX_CPU_ISA` leaves of it, in that variable's words.
  private static String instructions(SymbolLookup symbols) {
    MethodHandle get =
        Downcalls.handle(
            symbols, "dnnl_get_effective_cpu_isa", FunctionDescriptor.of(ValueLayout.JAVA_INT));
    try {
      return name((int) get.invokeExact());
    } catch (Throwable e) {
      throw Downcalls.unexpected(e);
    }
  }

  /// `dnnl_cpu_isa_t`
  private static String name(int isa) {
    return switch (isa) {
      case 0x1 -> "sse41";
      case 0x3 -> "avx";
      case 0x7 -> "avx2";
      case 0xf -> "avx2_vnni";
      case 0x1f -> "avx2_vnni_2";
      case 0x27 -> "avx512_core";
      case 0x67 -> "avx512_core_vnni";
      case 0xe7 -> "avx512_core_bf16";
      case 0x1ef -> "avx512_core_fp16";
      case 0xfef -> "avx512_core_amx";
      case 0x1fef -> "avx512_core_amx_fp16";
      default -> "instructions %#x".formatted(isa);
    };
  }
}
