package dev.hindsight.backend.cpu.product;

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
public final class OneDnnLibrary {
  private static final FunctionDescriptor GEMM =
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

  /// What was found of it.
  ///
  /// @param symbols of its library; null when it is missing
  /// @param sgemm null likewise
  /// @param gemmBf16 the same of factors in bf16
  /// @param setThreads how many threads OpenMP may use on behalf of the caller; null likewise
  /// @param isa the instructions that it picked, as `dnnl_cpu_isa_t`
  /// @param name its version and instructions: `oneDNN 3.13.0 (avx512_core)`
  /// @param missing why it is missing; null when it is there
  public record Found(
      @Nullable SymbolLookup symbols,
      @Nullable MethodHandle sgemm,
      @Nullable MethodHandle gemmBf16,
      @Nullable MethodHandle setThreads,
      int isa,
      String name,
      @Nullable String missing) {
    /// What the CPU multiplies bf16 with, for people; null where it has nothing for that.
    public @Nullable String bf16() {
      return hasAmx() ? "AMX" : has(AVX512_BF16) ? "AVX512-BF16" : null;
    }

    boolean hasAmx() {
      return has(AVX512_AMX);
    }

    private boolean has(int set) {
      return (isa & set) == set;
    }
  }

  // Of `dnnl_cpu_isa_t`, each of which has the bits of those that it includes.
  private static final int AVX512_BF16 = 0xe7;
  private static final int AVX512_AMX = 0xfef;

  public static final Found FOUND = find();

  private OneDnnLibrary() {}

  private static Found find() {
    try {
      load("libgomp.so.1");
      SymbolLookup symbols = load("libdnnl.so.3");
      int isa = instructions(symbols);
      return new Found(
          symbols,
          Downcalls.handle(symbols, "dnnl_sgemm", GEMM),
          Downcalls.handle(symbols, "dnnl_gemm_bf16bf16f32", GEMM),
          // Of the OpenMP that oneDNN itself found, which another library may have brought.
          Downcalls.handle(
              symbols, "omp_set_num_threads", FunctionDescriptor.ofVoid(ValueLayout.JAVA_INT)),
          isa,
          "oneDNN %s (%s)".formatted(version(symbols), name(isa)),
          null);
    } catch (LinkageError | IllegalArgumentException e) {
      // The jar for this platform is absent, or the library does not load.
      return new Found(null, null, null, null, 0, "", "no oneDNN (" + e.getMessage() + ")");
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
  private static int instructions(SymbolLookup symbols) {
    MethodHandle get =
        Downcalls.handle(
            symbols, "dnnl_get_effective_cpu_isa", FunctionDescriptor.of(ValueLayout.JAVA_INT));
    try {
      return (int) get.invokeExact();
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
