package dev.hindsight.softgpu.driver;

import dev.hindsight.natives.Downcalls;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/// Calls from Java into C: functions that the program passed, by their address.
final class CFunction {
  private CFunction() {}

  /// Calls it and returns its result, null for `void`.
  @SuppressWarnings("restricted")
  static @Nullable Object call(long address, FunctionDescriptor type, Object... arguments) {
    try {
      return Linker.nativeLinker()
          .downcallHandle(MemorySegment.ofAddress(address), type)
          .invokeWithArguments(arguments);
    } catch (Throwable e) {
      throw Downcalls.unexpected(e);
    }
  }
}
