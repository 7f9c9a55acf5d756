package dev.hindsight.natives;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.concurrent.atomic.AtomicBoolean;

/// Memory of the system outside the Java heap: zeros that take no RAM until they are touched.
public final class Pages {
  private static final int READ_WRITE = 3;

  /// MAP_PRIVATE, MAP_ANONYMOUS and MAP_NORESERVE of Linux.
  private static final int PRIVATE_ZEROS = 0x4022;

  /// MAP_FIXED_NOREPLACE: there or nowhere.
  private static final int HERE = 0x10_0000;

  private static final MethodHandle MMAP =
      handle(
          "mmap",
          FunctionDescriptor.of(
              ValueLayout.ADDRESS,
              ValueLayout.ADDRESS,
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_LONG));

  private static final MethodHandle MUNMAP =
      handle(
          "munmap",
          FunctionDescriptor.of(
              ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG));

  /// Knows no segment: it is what the collector waits for.
  private record Range(long address, long bytes, AtomicBoolean gone) {
    void unmap() {
      if (gone.compareAndSet(false, true)) {
        try {
          int _ = (int) MUNMAP.invokeExact(address, bytes);
        } catch (Throwable e) {
          throw Downcalls.unexpected(e);
        }
      }
    }
  }

  private final Range range;
  private final MemorySegment segment;

  private Pages(Range range, MemorySegment segment) {
    this.range = range;
    this.segment = segment;
  }

  private static MethodHandle handle(String name, FunctionDescriptor type) {
    return Downcalls.handle(Linker.nativeLinker().defaultLookup(), name, type);
  }

  /// So many bytes, which the collector gives back where [#free] does not.
  ///
  /// @throws OutOfMemoryError where the system has no place for them
  public static Pages of(long bytes) {
    return map(MemorySegment.NULL, bytes, PRIVATE_ZEROS);
  }

  /// The same at an address, a multiple of a page's size where nothing is yet.
  public static Pages at(long address, long bytes) {
    return map(MemorySegment.ofAddress(address), bytes, PRIVATE_ZEROS | HERE);
  }

  @SuppressWarnings("restricted") // the bounds are those of the mapping
  private static Pages map(MemorySegment where, long bytes, int flags) {
    MemorySegment at;
    try {
      at = (MemorySegment) MMAP.invokeExact(where, bytes, READ_WRITE, flags, -1, 0L);
    } catch (Throwable e) {
      throw Downcalls.unexpected(e);
    }
    if (at.address() == -1) {
      throw new OutOfMemoryError("the system has no %,d bytes".formatted(bytes));
    }
    Range range = new Range(at.address(), bytes, new AtomicBoolean());
    return new Pages(range, at.reinterpret(bytes, Arena.ofAuto(), _ -> range.unmap()));
  }

  public MemorySegment segment() {
    return segment;
  }

  /// Gives them back at once. Nobody may access the segment from now on.
  public void free() {
    range.unmap();
  }
}
