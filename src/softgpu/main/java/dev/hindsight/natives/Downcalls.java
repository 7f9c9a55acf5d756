package dev.hindsight.natives;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;

/// Handles to C functions, and what to do with what their calls throw.
public final class Downcalls {
  private Downcalls() {}

  @SuppressWarnings("restricted") // native code is what this class is for
  public static MethodHandle handle(
      SymbolLookup symbols, String name, FunctionDescriptor type, Linker.Option... options) {
    return Linker.nativeLinker().downcallHandle(symbols.findOrThrow(name), type, options);
  }

  /// C functions throw nothing, but `MethodHandle.invokeExact` declares every Throwable. Rethrows
  /// what the VM itself threw, as it is; the result is for the compiler.
  public static RuntimeException unexpected(Throwable e) {
    return switch (e) {
      case RuntimeException r -> throw r;
      case Error error -> throw error;
      default -> new IllegalStateException("a C function threw", e);
    };
  }
}
