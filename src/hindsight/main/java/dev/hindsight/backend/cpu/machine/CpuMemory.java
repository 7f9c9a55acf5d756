package dev.hindsight.backend.cpu.machine;

import com.sun.management.OperatingSystemMXBean;
import dev.hindsight.natives.Downcalls;
import dev.hindsight.tensor.Memory;
import dev.hindsight.tensor.OutOfMemoryException;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.management.ManagementFactory;
import java.util.HashMap;
import java.util.Map;

/// Memory of the C library, whose addresses are the tensors' own.
///
/// Large pieces start at a huge page and ask the kernel for huge pages: rows of 1024 floats are one
/// small page each, so a product over small pages misses the TLB at every row.
public final class CpuMemory implements Memory {
  private static final long SMALLEST_ALIGNMENT = 256;
  private static final long HUGE_PAGE = 2L << 20;
  private static final int MADV_HUGEPAGE = 14;

  private static final FunctionDescriptor ALLOCATE =
      FunctionDescriptor.of(ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG);
  private static final MethodHandle ALIGNED_ALLOC = find("aligned_alloc", ALLOCATE);
  private static final MethodHandle FREE =
      find("free", FunctionDescriptor.ofVoid(ValueLayout.JAVA_LONG));
  private static final MethodHandle MADVISE =
      find(
          "madvise",
          FunctionDescriptor.of(
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_INT));

  /// What this process may have: of the machine, or of its container.
  private static final long ALL =
      ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getTotalMemorySize();

  private final Map<Long, Long> reserved = new HashMap<>(); // bytes by address
  private long held;

  private static MethodHandle find(String name, FunctionDescriptor type) {
    return Downcalls.handle(Linker.nativeLinker().defaultLookup(), name, type);
  }

  @Override
  public long reserve(long bytes, String label) {
    long alignment = bytes >= HUGE_PAGE ? HUGE_PAGE : SMALLEST_ALIGNMENT;
    long whole = (bytes + alignment - 1) / alignment * alignment;
    // Linux promises memory that is not there, and kills whoever then writes to it.
    long address = held + whole > ALL ? 0 : allocate(alignment, whole);
    if (address == 0) {
      throw new OutOfMemoryException(
          "cpu: '%s' wants %,d bytes and the system has not that much; use a smaller batch or model"
              .formatted(label, bytes));
    }
    reserved.put(address, whole);
    held += whole;
    return address;
  }

  @Override
  public void release(long address) {
    Long bytes = reserved.remove(address);
    if (bytes != null) {
      held -= bytes;
      free(address);
    }
  }

  @Override
  public void zero(long address, long bytes) {
    Native.zero(address, bytes);
  }

  private static long allocate(long alignment, long bytes) {
    try {
      long address = (long) ALIGNED_ALLOC.invokeExact(alignment, bytes);
      if (address != 0 && alignment == HUGE_PAGE) {
        // Advice only: where it is refused, the memory is there all the same.
        int refused = (int) MADVISE.invokeExact(address, bytes, MADV_HUGEPAGE);
        assert refused <= 0;
      }
      return address;
    } catch (Throwable e) {
      throw Downcalls.unexpected(e);
    }
  }

  private static void free(long address) {
    try {
      FREE.invokeExact(address);
    } catch (Throwable e) {
      throw Downcalls.unexpected(e);
    }
  }
}
