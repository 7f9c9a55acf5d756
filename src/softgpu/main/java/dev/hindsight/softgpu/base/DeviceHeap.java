package dev.hindsight.softgpu.base;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// What kernels of a context have from `malloc` and did not give back yet. Only they can give it
/// back; it outlives the launch.
public final class DeviceHeap {
  private final DeviceMemory memory;
  private final Map<Long, Long> live = new HashMap<>();
  private long limit;
  private long used;

  public DeviceHeap(DeviceMemory memory, long limit) {
    this.memory = memory;
    this.limit = limit;
  }

  /// Sets how many bytes may be out at once.
  public synchronized void limit(long bytes) {
    limit = bytes;
  }

  /// The address of so many bytes, or 0 where that many are not left.
  public synchronized long allocate(long bytes, String name) {
    long size = Math.max(1, bytes);
    if (size < 0 || size > limit - used) {
      return 0;
    }
    try {
      long address = memory.allocate(size, name);
      live.put(address, size);
      used += size;
      return address;
    } catch (OutOfDeviceMemory none) {
      return 0;
    }
  }

  /// Takes an allocation back; false where the address is none of this heap.
  public synchronized boolean free(long address) {
    Long size = live.remove(address);
    if (size == null) {
      return false;
    }
    used -= size;
    memory.free(address);
    return true;
  }

  /// Gives everything back and returns what was left.
  public synchronized List<Allocation> end() {
    List<Allocation> left = new ArrayList<>();
    for (long address : live.keySet().stream().sorted().toList()) {
      Allocation leak = memory.find(address, 1);
      if (leak != null) {
        left.add(leak);
        memory.free(address);
      }
    }
    live.clear();
    used = 0;
    return left;
  }
}
