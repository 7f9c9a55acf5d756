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

/// Finds the OpenBLAS that bytedeco packs, once per process, and sets it to one thread.
final class OpenBlasLibrary {
  private static final FunctionDescriptor SGEMM =
      FunctionDescriptor.ofVoid(
          ValueLayout.JAVA_INT, // order
          ValueLayout.JAVA_INT, // a transposed
          ValueLayout.JAVA_INT, // b transposed
          ValueLayout.JAVA_INT, // m
          ValueLayout.JAVA_INT, // n
          ValueLayout.JAVA_INT, // k
          ValueLayout.JAVA_FLOAT, // alpha
          ValueLayout.JAVA_LONG, // a
          ValueLayout.JAVA_INT, // lda
          ValueLayout.JAVA_LONG, // b
          ValueLayout.JAVA_INT, // ldb
          ValueLayout.JAVA_FLOAT, // beta
          ValueLayout.JAVA_LONG, // c
          ValueLayout.JAVA_INT); // ldc

  /// @param sgemm null when OpenBLAS is missing
  /// @param name its version and whose kernels it picked: `OpenBLAS 0.3.31 (SkylakeX)`
  /// @param missing why it is missing; null when it is there
  record Found(@Nullable MethodHandle sgemm, String name, @Nullable String missing) {}

  static final Found FOUND = find();

  private OpenBlasLibrary() {}

  @SuppressWarnings("restricted") // loads native code
  private static Found find() {
    try {
      load("libquadmath.so.0");
      load("libgfortran.so.5");
      SymbolLookup symbols = load("libopenblas.so.0");
      setThreads(symbols, 1);
      return new Found(Downcalls.handle(symbols, "cblas_sgemm", SGEMM), name(symbols), null);
    } catch (LinkageError | IllegalArgumentException e) {
      // The jar for this platform is absent, or the library does not load.
      return new Found(null, "", "no OpenBLAS (" + e.getMessage() + ")");
    }
  }

  /// Unpacks a library of the jar and loads it. OpenBLAS needs the Fortran runtime, and that one a
  /// library for quadruple precision. A small system has neither, and the linker does not look
  /// beside the one for the other; but what is loaded already it finds by name.
  @SuppressWarnings("restricted") // loads native code
  private static SymbolLookup load(String name) {
    String resource = "org/bytedeco/openblas/" + Loader.getPlatform() + "/" + name;
    try {
      ClassLoader loader = OpenBlasLibrary.class.getClassLoader();
      return SymbolLookup.libraryLookup(PackedLibrary.unpack(loader, resource), Arena.global());
    } catch (IOException e) {
      throw new IllegalArgumentException("cannot unpack " + name + ": " + e.getMessage(), e);
    }
  }

  private static void setThreads(SymbolLookup symbols, int threads) {
    MethodHandle set =
        Downcalls.handle(
            symbols, "openblas_set_num_threads", FunctionDescriptor.ofVoid(ValueLayout.JAVA_INT));
    try {
      set.invokeExact(threads);
    } catch (Throwable e) {
      throw Downcalls.unexpected(e);
    }
  }

  /// `openblas_get_config` begins with `OpenBLAS 0.3.31 `.
  private static String name(SymbolLookup symbols) {
    String[] config = text(symbols, "openblas_get_config").split(" ", 3);
    String version = config.length > 1 ? config[1] : "of unknown version";
    return "OpenBLAS %s (%s)".formatted(version, text(symbols, "openblas_get_corename"));
  }

  @SuppressWarnings("restricted") // reads a string of C
  private static String text(SymbolLookup symbols, String function) {
    MethodHandle get =
        Downcalls.handle(symbols, function, FunctionDescriptor.of(ValueLayout.ADDRESS));
    try {
      MemorySegment text = (MemorySegment) get.invokeExact();
      return text.reinterpret(256).getString(0);
    } catch (Throwable e) {
      throw Downcalls.unexpected(e);
    }
  }
}
