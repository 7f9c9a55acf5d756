package dev.hindsight.softgpu.driver;

import static dev.hindsight.softgpu.driver.Call.Needs.INIT;
import static dev.hindsight.softgpu.driver.DriverException.require;

/// Contexts: the primary one, created ones, and which is current in a thread.
final class ContextCalls {
  private static final int API_VERSION = 3020;
  static final int HIGHEST_PRIORITY = -5;

  private final Driver driver;

  ContextCalls(Driver driver) {
    this.driver = driver;
  }

  private CudaContext context(long handle) {
    CudaContext context = driver.handles().get(handle, CudaContext.class);
    if (!context.alive()) {
      throw new DriverException(CudaResult.CONTEXT_IS_DESTROYED);
    }
    return context;
  }

  @Call(needs = INIT)
  void cuDevicePrimaryCtxRetain(long context, int device) {
    DeviceProperties.check(device);
    Host.putLong(context, driver.contexts().retainPrimary().handle());
  }

  @Call(needs = INIT)
  void cuDevicePrimaryCtxRelease(int device) {
    DeviceProperties.check(device);
    driver.contexts().releasePrimary("cuDevicePrimaryCtxRelease");
  }

  @Call(needs = INIT)
  void cuDevicePrimaryCtxReset(int device) {
    DeviceProperties.check(device);
    driver.contexts().resetPrimary("cuDevicePrimaryCtxReset");
  }

  @Call(needs = INIT)
  void cuDevicePrimaryCtxSetFlags(int device, int flags) {
    DeviceProperties.check(device);
    driver.contexts().setPrimaryFlags(flags);
  }

  @Call(needs = INIT)
  void cuDevicePrimaryCtxGetState(int device, long flags, long active) {
    DeviceProperties.check(device);
    Host.putInt(flags, driver.contexts().primaryFlags());
    Host.putInt(active, driver.contexts().primaryActive() ? 1 : 0);
  }

  @Call(needs = INIT)
  void cuCtxCreate(long context, int flags, int device) {
    DeviceProperties.check(device);
    CudaContext made = driver.contexts().create(flags);
    Host.putLong(context, made.handle());
    driver.thread().push(made);
  }

  @Call(needs = INIT)
  void cuCtxDestroy(long context) {
    driver.contexts().destroy(context(context), "cuCtxDestroy");
  }

  @Call(needs = INIT)
  void cuCtxPushCurrent(long context) {
    driver.thread().push(context(context));
  }

  @Call(needs = INIT)
  void cuCtxPopCurrent(long context) {
    CudaContext popped = driver.thread().pop();
    if (popped == null) {
      throw new DriverException(CudaResult.INVALID_CONTEXT, "no context was pushed");
    }
    Host.offerLong(context, popped.handle());
  }

  @Call(needs = INIT)
  void cuCtxSetCurrent(long context) {
    driver.thread().setCurrent(context == 0 ? null : context(context));
  }

  @Call(needs = INIT)
  void cuCtxGetCurrent(long context) {
    CudaContext current = driver.thread().current();
    Host.putLong(context, current == null ? 0 : current.handle());
  }

  @Call(needs = INIT)
  void cuCtxGetDevice(long device) {
    driver.context();
    Host.putInt(device, 0);
  }

  @Call
  void cuCtxGetFlags(long flags) {
    Host.putInt(flags, driver.context().flags());
  }

  @Call
  void cuCtxGetId(long context, long id) {
    CudaContext wanted = context == 0 ? driver.context() : context(context);
    Host.putLong(id, wanted.id());
  }

  @Call
  void cuCtxGetApiVersion(long context, long version) {
    if (context != 0) {
      context(context);
    }
    Host.putInt(version, API_VERSION);
  }

  /// All work is done when its call returns, so nothing is left to wait for.
  @Call
  void cuCtxSynchronize() {
    driver.captures().refuseWait(driver.context());
  }

  @Call
  void cuCtxGetLimit(long value, int limit) {
    Host.putLong(value, limit(limit));
  }

  @Call
  void cuCtxSetLimit(int limit, long value) {
    limit(limit);
    require(value >= 0, "wanted a limit of 0 or more, got %d", value);
    driver.context().limits().put(limit, value);
  }

  private long limit(int limit) {
    Long value = driver.context().limits().get(limit);
    if (value == null) {
      throw new DriverException(
          CudaResult.UNSUPPORTED_LIMIT, "the software GPU has no limit number " + limit);
    }
    return value;
  }

  @Call
  void cuCtxGetCacheConfig(long config) {
    Host.putInt(config, driver.context().cacheConfig());
  }

  /// A hint, which changes nothing here.
  @Call
  void cuCtxSetCacheConfig(int config) {
    require(config >= 0 && config <= 3, "wanted a cache preference 0..3, got %d", config);
    driver.context().setCacheConfig(config);
  }

  @Call
  void cuCtxGetSharedMemConfig(long config) {
    Host.putInt(config, driver.context().sharedConfig());
  }

  /// Banks are 4 bytes wide since compute capability 5.0, whatever is asked for.
  @Call
  void cuCtxSetSharedMemConfig(int config) {
    require(config >= 0 && config <= 2, "wanted a bank size 0..2, got %d", config);
  }

  @Call
  void cuCtxGetStreamPriorityRange(long least, long greatest) {
    Host.offerInt(least, 0);
    Host.offerInt(greatest, HIGHEST_PRIORITY);
  }
}
