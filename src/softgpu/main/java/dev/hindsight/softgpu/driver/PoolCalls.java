package dev.hindsight.softgpu.driver;

import static dev.hindsight.softgpu.driver.DriverException.require;

import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

/// Memory by a stream's order, and the pools that it comes from. Work is done when its call
/// returns, so memory is there and gone at once, and a pool keeps nothing back.
final class PoolCalls extends Calls {
  private static final int RELEASE_THRESHOLD = 4;
  private static final int USED_HIGH = 8;

  private final MemoryCalls memory;
  private long defaultPool;
  private long current;

  /// A pool: its attributes by number, and what came from it.
  private static final class Pool {
    final Map<Integer, Long> attributes =
        new TreeMap<>(Map.of(1, 1L, 2, 1L, 3, 1L, 4, 0L, 5, 0L, 6, 0L, 7, 0L, 8, 0L));
    final Map<Long, Long> live = new HashMap<>();

    void used(long change) {
      for (int now = 5; now <= 7; now += 2) { // reserved, used; the highest behind each
        long bytes = attributes.merge(now, change, Long::sum);
        attributes.merge(now + 1, bytes, Math::max);
      }
    }
  }

  PoolCalls(Driver driver, MemoryCalls memory) {
    super(driver);
    this.memory = memory;
  }

  private Pool pool(long handle) {
    return driver.handles.get(handle, Pool.class);
  }

  private long defaultPool() {
    if (defaultPool == 0) {
      defaultPool = driver.handles.add(new Pool());
      current = defaultPool;
    }
    return defaultPool;
  }

  void cuDeviceGetDefaultMemPool(long pool, int device) {
    DeviceProperties.check(device);
    Host.putLong(pool, defaultPool());
  }

  void cuDeviceGetMemPool(long pool, int device) {
    DeviceProperties.check(device);
    Host.putLong(pool, inUse());
  }

  void cuDeviceSetMemPool(int device, long pool) {
    DeviceProperties.check(device);
    defaultPool();
    pool(pool);
    current = pool;
  }

  void cuMemPoolCreate(long pool, long properties) {
    require(properties != 0, "wanted properties of a pool, got a null pointer");
    Host.putLong(pool, driver.context().adopt(new Pool()));
  }

  void cuMemPoolDestroy(long pool) {
    pool(pool);
    require(pool != defaultPool, "the default pool cannot be destroyed");
    current = current == pool ? defaultPool : current;
    driver.context().disown(pool);
  }

  void cuMemPoolTrimTo(long pool, long bytes) {
    pool(pool);
  }

  void cuMemPoolSetAttribute(long pool, int attribute, long value) {
    Pool of = pool(pool);
    require(of.attributes.containsKey(attribute), "wanted an attribute 1..8, got %d", attribute);
    long wanted = attribute < RELEASE_THRESHOLD ? Host.getInt(value) : Host.getLong(value);
    require(
        attribute <= RELEASE_THRESHOLD || (attribute % 2 == 0 && wanted == 0),
        "attribute %d can only be set to 0, if at all",
        attribute);
    of.attributes.put(
        attribute,
        attribute == USED_HIGH || attribute == 6
            ? of.attributes.getOrDefault(attribute - 1, 0L)
            : wanted);
  }

  void cuMemPoolGetAttribute(long pool, int attribute, long value) {
    Pool of = pool(pool);
    require(of.attributes.containsKey(attribute), "wanted an attribute 1..8, got %d", attribute);
    long is = of.attributes.getOrDefault(attribute, 0L);
    if (attribute < RELEASE_THRESHOLD) {
      Host.putInt(value, (int) is);
    } else {
      Host.putLong(value, is);
    }
  }

  /// The one device sees every pool.
  void cuMemPoolSetAccess(long pool, long descriptions, long count) {
    pool(pool);
  }

  void cuMemPoolGetAccess(long flags, long pool, long location) {
    pool(pool);
    Host.putInt(flags, 3); // reads and writes
  }

  void cuMemAllocAsync(long address, long bytes, long stream) {
    from("cuMemAllocAsync", address, bytes, inUse(), stream);
  }

  void cuMemAllocFromPoolAsync(long address, long bytes, long pool, long stream) {
    from("cuMemAllocFromPoolAsync", address, bytes, pool, stream);
  }

  void cuMemFreeAsync(long address, long stream) {
    CudaStream of = stream(stream);
    if (of.capture != null) {
      driver.captures.submit(of, new Work.Free(address));
      return;
    }
    Pool[] all = driver.handles.all(Pool.class).toArray(Pool[]::new);
    memory.cuMemFree(address);
    for (Pool each : all) {
      Long bytes = each.live.remove(address);
      each.used(bytes == null ? 0 : -bytes);
    }
  }

  /// The pool of allocations that name none.
  long inUse() {
    defaultPool();
    return current;
  }

  void from(String call, long address, long bytes, long pool, long stream) {
    CudaStream by = stream(stream);
    Pool of = pool(pool);
    if (by.capture != null) {
      Work.Allocate node = driver.graphMemory.node(bytes, memory.name(call));
      driver.captures.submit(by, node);
      Host.putLong(address, node.address());
      return;
    }
    long made = memory.allocate(call, bytes);
    of.live.put(made, bytes);
    of.used(bytes);
    Host.putLong(address, made);
  }
}
