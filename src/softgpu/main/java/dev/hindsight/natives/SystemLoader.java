package dev.hindsight.natives;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandleProxies;
import org.jspecify.annotations.Nullable;

/// The C functions that load libraries. Java's own lookup says only that it failed; `dlerror` says
/// which file, of which library, could not be opened.
@SuppressWarnings("restricted") // native access is what this class is for
final class SystemLoader {
  private static final int RTLD_LAZY = 1;
  private static final Open OPEN =
      MethodHandleProxies.asInterfaceInstance(
          Open.class,
          function(
              "dlopen",
              FunctionDescriptor.of(
                  ValueLayout.ADDRESS, ValueLayout.ADDRESS, ValueLayout.JAVA_INT)));
  private static final Words ERROR =
      MethodHandleProxies.asInterfaceInstance(
          Words.class, function("dlerror", FunctionDescriptor.of(ValueLayout.ADDRESS)));

  private SystemLoader() {}

  /// `void *dlopen(const char *name, int flags)`; public because a proxy must see it.
  public interface Open {
    MemorySegment call(MemorySegment name, int flags);
  }

  /// `char *dlerror(void)`
  public interface Words {
    MemorySegment call();
  }

  /// Loads a library for good; null, or the loader's words when it does not load.
  static @Nullable String load(String name) {
    try (Arena arena = Arena.ofConfined()) {
      if (OPEN.call(arena.allocateFrom(name), RTLD_LAZY).address() != 0) {
        return null;
      }
      return ERROR.call().reinterpret(Long.MAX_VALUE).getString(0);
    }
  }

  private static MethodHandle function(String name, FunctionDescriptor type) {
    SymbolLookup symbols =
        Linker.nativeLinker()
            .defaultLookup()
            .or( // before glibc 2.34 these functions have a library of their own
                it -> SymbolLookup.libraryLookup("libdl.so.2", Arena.global()).find(it));
    return Downcalls.handle(symbols, name, type);
  }
}
