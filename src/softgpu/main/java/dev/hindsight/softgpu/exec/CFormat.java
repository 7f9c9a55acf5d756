package dev.hindsight.softgpu.exec;

import dev.hindsight.natives.Downcalls;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/// One `printf` directive and its argument, formatted by the host's C library. It is who formats
/// what kernels print on a GPU's host as well, so every flag means the same.
final class CFormat {
  private static final int LONGEST = 1 << 20;
  private static final MethodHandle NARROW = snprintf(ValueLayout.JAVA_INT);
  private static final MethodHandle WIDE = snprintf(ValueLayout.JAVA_LONG);
  private static final MethodHandle REAL = snprintf(ValueLayout.JAVA_DOUBLE);

  private CFormat() {}

  @SuppressWarnings("restricted") // C's own formatting is what this class is for
  private static MethodHandle snprintf(MemoryLayout argument) {
    Linker linker = Linker.nativeLinker();
    return linker.downcallHandle(
        linker.defaultLookup().findOrThrow("snprintf"),
        FunctionDescriptor.of(
            ValueLayout.JAVA_INT,
            ValueLayout.ADDRESS,
            ValueLayout.JAVA_LONG,
            ValueLayout.ADDRESS,
            argument),
        Linker.Option.firstVariadicArg(3));
  }

  static byte[] narrow(String directive, int value) {
    return format(
        directive, (to, room, format) -> (int) NARROW.invokeExact(to, room, format, value));
  }

  static byte[] wide(String directive, long value) {
    return format(directive, (to, room, format) -> (int) WIDE.invokeExact(to, room, format, value));
  }

  static byte[] real(String directive, double value) {
    return format(directive, (to, room, format) -> (int) REAL.invokeExact(to, room, format, value));
  }

  static byte[] text(String directive, String value) {
    try (Arena arena = Arena.ofConfined()) {
      return wide(directive, arena.allocateFrom(value, StandardCharsets.ISO_8859_1).address());
    }
  }

  private interface Snprintf {
    int call(MemorySegment to, long room, MemorySegment format) throws Throwable;
  }

  private static byte[] format(String directive, Snprintf snprintf) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment format = arena.allocateFrom(directive, StandardCharsets.ISO_8859_1);
      int wanted = snprintf.call(MemorySegment.NULL, 0, format);
      int length = Math.clamp(wanted, 0, LONGEST);
      MemorySegment to = arena.allocate(length + 1L);
      snprintf.call(to, length + 1L, format);
      return Arrays.copyOf(to.toArray(ValueLayout.JAVA_BYTE), length);
    } catch (Throwable e) {
      throw Downcalls.unexpected(e);
    }
  }
}
