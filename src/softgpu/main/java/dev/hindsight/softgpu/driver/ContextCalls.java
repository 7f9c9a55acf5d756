package dev.hindsight.softgpu.driver;

import static dev.hindsight.softgpu.driver.DriverException.require;

/// Contexts: the primary one, created ones, and which is current in a thread.
final class ContextCalls extends Calls {
  private static final int API_VERSION = 3020;
  private static final int FOUR_BYTE_BANKS = 1;
  static final int HIGHEST_PRIORITY = -5;

  ContextCalls(Driver driver) {
    super(driver);
  }

  private CudaContext context(long handle) {
    CudaContext context = driver.handles.get(handle, CudaContext.class);
    if (!context.alive) {
      throw new DriverException(CudaResult.CONTEXT_IS_DESTROYED);
    }
    return context;
  }

  void cuDevicePrimaryCtxRetain(long context, int device) {
    DeviceProperties.check(device);
    Host.putLong(context, driver.contexts.retainPrimary().handle);
  }

  void cuDevicePrimaryCtxRelease(int device) {
    DeviceProperties.check(device);
    driver.contexts.releasePrimary("cuDevicePrimaryCtxRelease");
  }

  void cuDevicePrimaryCtxReset(int device) {
    DeviceProperties.check(device);
    driver.contexts.resetPrimary("cuDevicePrimaryCtxReset");
  }

  void cuDevicePrimaryCtxSetFlags(int device, int flags) {
    DeviceProperties.check(device);
    driver.contexts.setPrimaryFlags(flags);
  }

  void cuDevicePrimaryCtxGetState(int device, long flags, long active) {
    DeviceProperties.check(device);
    Host.putInt(flags, driver.contexts.primaryFlags);
    Host.putInt(active, driver.contexts.primaryActive() ? 1 : 0);
  }

  void cuCtxCreate(long context, int flags, int device) {
    DeviceProperties.check(device);
    CudaContext made = driver.contexts.create(flags);
    Host.putLong(context, made.handle);
    driver.thread().push(made);
  }

  /// Of CUDA 13. `parameters` are of what no device here has.
  void cuCtxCreate_v4(long context, long parameters, int flags, int device) {
    cuCtxCreate(context, flags, device);
  }

  void cuCtxDestroy(long context) {
    driver.contexts.destroy(context(context), "cuCtxDestroy");
  }

  void cuCtxPushCurrent(long context) {
    driver.thread().push(context(context));
  }

  void cuCtxPopCurrent(long context) {
    CudaContext popped = driver.thread().pop();
    if (popped == null) {
      throw new DriverException(CudaResult.INVALID_CONTEXT, "no context was pushed");
    }
    Host.offerLong(context, popped.handle);
  }

  void cuCtxSetCurrent(long context) {
    driver.thread().setCurrent(context == 0 ? null : context(context));
  }

  void cuCtxGetCurrent(long context) {
    CudaContext current = driver.thread().current();
    Host.putLong(context, current == null ? 0 : current.handle);
  }

  void cuCtxGetDevice(long device) {
    driver.context();
    Host.putInt(device, 0);
  }

  void cuCtxGetFlags(long flags) {
    Host.putInt(flags, driver.context().flags);
  }

  void cuCtxGetId(long context, long id) {
    CudaContext wanted = context == 0 ? driver.context() : context(context);
    Host.putLong(id, wanted.id);
  }

  void cuCtxGetApiVersion(long context, long version) {
    if (context != 0) {
      context(context);
    }
    Host.putInt(version, API_VERSION);
  }

  /// All work is done when its call returns, so nothing is left to wait for.
  void cuCtxSynchronize() {
    driver.captures.refuseWait(driver.context());
  }

  void cuCtxGetLimit(long value, int limit) {
    Host.putLong(value, limit(limit));
  }

  void cuCtxSetLimit(int limit, long value) {
    limit(limit);
    require(value >= 0, "wanted a limit of 0 or more, got %d", value);
    driver.context().limits.put(limit, value);
    if (limit == CudaContext.HEAP_LIMIT) {
      driver.context().heap.limit(value);
    }
  }

  private long limit(int limit) {
    Long value = driver.context().limits.get(limit);
    if (value == null) {
      throw new DriverException(
          CudaResult.UNSUPPORTED_LIMIT, "the software GPU has no limit number " + limit);
    }
    return value;
  }

  void cuCtxGetCacheConfig(long config) {
    Host.putInt(config, driver.context().cacheConfig);
  }

  /// A hint, which changes nothing here.
  void cuCtxSetCacheConfig(int config) {
    require(config >= 0 && config <= 3, "wanted a cache preference 0..3, got %d", config);
    driver.context().cacheConfig = config;
  }

  void cuCtxGetSharedMemConfig(long config) {
    Host.putInt(config, FOUR_BYTE_BANKS);
  }

  /// Banks are 4 bytes wide since compute capability 5.0, whatever is asked for.
  void cuCtxSetSharedMemConfig(int config) {
    require(config >= 0 && config <= 2, "wanted a bank size 0..2, got %d", config);
  }

  void cuCtxGetStreamPriorityRange(long least, long greatest) {
    Host.offerInt(least, 0);
    Host.offerInt(greatest, HIGHEST_PRIORITY);
  }
}
