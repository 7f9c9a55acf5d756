package dev.hindsight.softgpu.driver;

import static dev.hindsight.softgpu.driver.DriverException.require;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Host memory that the driver allocated or that the program registered with it.
final class PinnedMemory {
  private static final long PAGE = 4096;

  private final TreeMap<Long, Range> ranges = new TreeMap<>();

  /// One range; `arena` is null for memory that belongs to the program.
  record Range(long address, long bytes, int flags, @Nullable Arena arena) {}

  /// The arena is closed by [#free].
  @SuppressWarnings("MustBeClosedChecker")
  long allocate(long bytes, int flags) {
    require(bytes > 0, "wanted a positive number of bytes, got %d", bytes);
    Arena arena = Arena.ofShared();
    MemorySegment memory = arena.allocate(bytes, PAGE);
    ranges.put(memory.address(), new Range(memory.address(), bytes, flags, arena));
    return memory.address();
  }

  void free(long address) {
    Range range = ranges.get(address);
    require(
        range != null && range.arena() != null, "0x%x was not allocated by this driver", address);
    ranges.remove(address);
    if (range != null && range.arena() != null) {
      range.arena().close();
    }
  }

  void register(long address, long bytes, int flags) {
    require(address != 0 && bytes > 0, "wanted host memory, got %d bytes at 0x%x", bytes, address);
    Map.Entry<Long, Range> below = ranges.floorEntry(address + bytes - 1);
    if (below != null && below.getKey() + below.getValue().bytes() > address) {
      throw new DriverException(CudaResult.HOST_MEMORY_ALREADY_REGISTERED);
    }
    ranges.put(address, new Range(address, bytes, flags, null));
  }

  void unregister(long address) {
    Range range = ranges.get(address);
    if (range == null || range.arena() != null) {
      throw new DriverException(
          CudaResult.HOST_MEMORY_NOT_REGISTERED,
          String.format("0x%x is not the start of registered memory", address));
    }
    ranges.remove(address);
  }

  /// The range that holds this address, or null.
  @Nullable Range find(long address) {
    Map.Entry<Long, Range> below = ranges.floorEntry(address);
    return below != null && address - below.getKey() < below.getValue().bytes()
        ? below.getValue()
        : null;
  }
}
