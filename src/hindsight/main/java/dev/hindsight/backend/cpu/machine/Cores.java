package dev.hindsight.backend.cpu.machine;

import dev.hindsight.natives.Downcalls;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.jspecify.annotations.Nullable;

/// Keeps the threads of a pool on different cores.
///
/// Beside one busy process Linux often leaves two of our threads on one core, where they take turns
/// and wait for each other, and the other process has a core of its own. A thread that finds itself
/// on a core where another of the pool was last moves on; it is not bound to where it goes. Where
/// the system has no such calls, nothing happens.
final class Cores {
  /// Of a set of cores: 1024 bits, as in the C library.
  private static final long MASK_BYTES = 128;

  /// One thread moves no more often: the system may have its reasons.
  private static final long PAUSE_NANOS = 1_000_000;

  private static final FunctionDescriptor AFFINITY =
      FunctionDescriptor.of(
          ValueLayout.JAVA_INT, // 0, or -1
          ValueLayout.JAVA_INT, // thread, 0 for the calling one
          ValueLayout.JAVA_LONG, // bytes of the mask
          ValueLayout.ADDRESS);

  private static final @Nullable MethodHandle CORE = core();
  private static final @Nullable MethodHandle GET_AFFINITY = find("sched_getaffinity", AFFINITY);
  private static final @Nullable MethodHandle SET_AFFINITY = find("sched_setaffinity", AFFINITY);

  /// Of each thread, its core when it last looked; -1 before that.
  private final AtomicIntegerArray last;

  private final long[] moved;

  Cores(int threads) {
    last = new AtomicIntegerArray(threads);
    for (int k = 0; k < threads; k++) {
      last.set(k, -1);
    }
    moved = new long[threads];
  }

  @SuppressWarnings("restricted") // native code
  private static @Nullable MethodHandle core() {
    // It neither blocks nor calls back; so a call costs some 10 ns.
    return Linker.nativeLinker()
        .defaultLookup()
        .find("sched_getcpu")
        .map(
            symbol ->
                Linker.nativeLinker()
                    .downcallHandle(
                        symbol,
                        FunctionDescriptor.of(ValueLayout.JAVA_INT),
                        Linker.Option.critical(false)))
        .orElse(null);
  }

  private static @Nullable MethodHandle find(String name, FunctionDescriptor type) {
    SymbolLookup symbols = Linker.nativeLinker().defaultLookup();
    return symbols.find(name).isPresent() ? Downcalls.handle(symbols, name, type) : null;
  }

  /// Says that a thread is about to work. Any but the caller of the pool's jobs, which also starts
  /// processes and other threads, moves to another core where it has to.
  ///
  /// @return its core now; -1 where the system does not tell
  int settle(int worker) {
    int core = here();
    if (last.get(worker) != core) {
      last.set(worker, core);
    }
    if (worker > 0 && core >= 0 && isShared(worker, core)) {
      move(worker);
    }
    return last.get(worker);
  }

  private boolean isShared(int worker, int core) {
    for (int k = 0; k < last.length(); k++) {
      if (k != worker && last.get(k) == core) {
        return true;
      }
    }
    return false;
  }

  /// To a core where none of the others is, if there is one. The system moves a thread at once when
  /// its core is no longer among those that it may use.
  private void move(int worker) {
    MethodHandle get = GET_AFFINITY;
    MethodHandle set = SET_AFFINITY;
    long now = System.nanoTime();
    if (get == null || set == null || now - moved[worker] < PAUSE_NANOS) {
      return;
    }
    moved[worker] = now;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment allowed = arena.allocate(MASK_BYTES);
      if (affinity(get, allowed) < 0) {
        return;
      }
      MemorySegment free = arena.allocate(MASK_BYTES).copyFrom(allowed);
      for (int k = 0; k < last.length(); k++) {
        if (k != worker && last.get(k) >= 0) {
          clear(free, last.get(k));
        }
      }
      if (free.mismatch(arena.allocate(MASK_BYTES)) < 0 || affinity(set, free) != 0) {
        return;
      }
      last.set(worker, here());
      affinity(set, allowed);
    }
  }

  private static void clear(MemorySegment mask, int core) {
    long at = core / Byte.SIZE;
    if (at < MASK_BYTES) {
      byte bits = mask.get(ValueLayout.JAVA_BYTE, at);
      mask.set(ValueLayout.JAVA_BYTE, at, (byte) (bits & ~(1 << core % Byte.SIZE)));
    }
  }

  private static int here() {
    MethodHandle core = CORE; // a constant, so that the call is compiled into its caller
    try {
      return core == null ? -1 : (int) core.invokeExact();
    } catch (Throwable e) {
      throw Downcalls.unexpected(e);
    }
  }

  private static int affinity(MethodHandle call, MemorySegment mask) {
    try {
      return (int) call.invokeExact(0, MASK_BYTES, mask);
    } catch (Throwable e) {
      throw Downcalls.unexpected(e);
    }
  }
}
