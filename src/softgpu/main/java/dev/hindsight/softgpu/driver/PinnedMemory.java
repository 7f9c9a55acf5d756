package dev.hindsight.softgpu.driver;

import static dev.hindsight.softgpu.driver.DriverException.require;

import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Host memory that the driver allocated or that the program registered with it. Kernels see it at
/// the same addresses.
final class PinnedMemory {
  private final Driver driver;
  private final TreeMap<Long, Range> ranges = new TreeMap<>();

  /// One range; `registered` where its memory belongs to the program.
  record Range(long address, long bytes, int flags, boolean registered) {}

  PinnedMemory(Driver driver) {
    this.driver = driver;
  }

  long allocate(long bytes, int flags, String name) {
    require(bytes > 0, "wanted a positive number of bytes, got %d", bytes);
    long address = driver.memory().allocateForHost(bytes, name).base;
    ranges.put(address, new Range(address, bytes, flags, false));
    return address;
  }

  void free(long address) {
    Range range = ranges.get(address);
    require(range != null && !range.registered(), "0x%x was not allocated by this driver", address);
    ranges.remove(address);
    driver.memory().free(address);
  }

  void register(long address, long bytes, int flags, String name) {
    require(address != 0 && bytes > 0, "wanted host memory, got %d bytes at 0x%x", bytes, address);
    Map.Entry<Long, Range> below = ranges.floorEntry(address + bytes - 1);
    if (below != null && below.getKey() + below.getValue().bytes() > address) {
      throw new DriverException(CudaResult.HOST_MEMORY_ALREADY_REGISTERED);
    }
    require(!Copy.isDevice(address), "wanted memory of the host, got address 0x%x", address);
    driver.memory().adopt(Host.at(address, bytes), name);
    ranges.put(address, new Range(address, bytes, flags, true));
  }

  void unregister(long address) {
    Range range = ranges.get(address);
    if (range == null || !range.registered()) {
      throw new DriverException(
          CudaResult.HOST_MEMORY_NOT_REGISTERED,
          String.format("0x%x is not the start of registered memory", address));
    }
    ranges.remove(address);
    driver.memory().free(address);
  }

  /// The range that holds this address, or null.
  @Nullable Range find(long address) {
    Map.Entry<Long, Range> below = ranges.floorEntry(address);
    return below != null && address - below.getKey() < below.getValue().bytes()
        ? below.getValue()
        : null;
  }
}
