package dev.hindsight.backend.cpu.machine;

import dev.hindsight.natives.Downcalls;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/// Linux gives the tiles of AMX to a process that asks for them, and may refuse.
public final class AmxPermission {
  // Of asm/unistd_64.h and asm/prctl.h.
  private static final long ARCH_PRCTL = 158;
  private static final long REQUEST = 0x1023; // ARCH_REQ_XCOMP_PERM
  private static final long TILES = 18; // XFEATURE_XTILEDATA

  private static final StructLayout STATE = Linker.Option.captureStateLayout();
  private static final VarHandle ERRNO =
      STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));

  private AmxPermission() {}

  /// Why this process may not use them, of a CPU that has them; null where it may.
  public static @Nullable String refusal() {
    int error = ask();
    return error == 0 ? null : refusal(error);
  }

  static String refusal(int error) {
    return "the CPU has AMX, but arch_prctl(ARCH_REQ_XCOMP_PERM) refuses it: " + words(error);
  }

  /// Asks, as oneDNN does too; 0, or the number of an error.
  static int ask() {
    FunctionDescriptor type =
        FunctionDescriptor.of(
            ValueLayout.JAVA_LONG,
            ValueLayout.JAVA_LONG,
            ValueLayout.JAVA_LONG,
            ValueLayout.JAVA_LONG);
    MethodHandle call =
        Downcalls.handle(
            Linker.nativeLinker().defaultLookup(),
            "syscall",
            type,
            Linker.Option.firstVariadicArg(1),
            Linker.Option.captureCallState("errno"));
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(STATE);
      long result = (long) call.invokeExact(state, ARCH_PRCTL, REQUEST, TILES);
      return result == 0 ? 0 : (int) ERRNO.get(state, 0L);
    } catch (Throwable e) {
      throw Downcalls.unexpected(e);
    }
  }

  @SuppressWarnings("restricted") // reads a string of C
  private static String words(int error) {
    MethodHandle name =
        Downcalls.handle(
            Linker.nativeLinker().defaultLookup(),
            "strerror",
            FunctionDescriptor.of(ValueLayout.ADDRESS, ValueLayout.JAVA_INT));
    try {
      MemorySegment text = (MemorySegment) name.invokeExact(error);
      return text.reinterpret(Long.MAX_VALUE).getString(0);
    } catch (Throwable e) {
      throw Downcalls.unexpected(e);
    }
  }
}
