package dev.hindsight.softgpu.driver;

import dev.hindsight.softgpu.base.Allocation;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// CUDA's runtime library: the device, and the last error of a thread.
final class RuntimeDeviceCalls extends Calls {
  private static final int VERSION = 13000;
  private static final int HOST = 1;
  private static final int DEVICE = 2;
  private static final int MANAGED = 3;
  private static final int LINEAR_WIDTH = 69;

  /// Those that are not `cudaError` and the words of the driver's name.
  private static final Map<CudaResult, String> NAMES =
      Map.ofEntries(
          Map.entry(CudaResult.SUCCESS, "cudaSuccess"),
          Map.entry(CudaResult.OUT_OF_MEMORY, "cudaErrorMemoryAllocation"),
          Map.entry(CudaResult.NOT_INITIALIZED, "cudaErrorInitializationError"),
          Map.entry(CudaResult.DEINITIALIZED, "cudaErrorCudartUnloading"),
          Map.entry(CudaResult.INVALID_IMAGE, "cudaErrorInvalidKernelImage"),
          Map.entry(CudaResult.INVALID_CONTEXT, "cudaErrorDeviceUninitialized"),
          Map.entry(CudaResult.NO_BINARY_FOR_GPU, "cudaErrorNoKernelImageForDevice"),
          Map.entry(CudaResult.INVALID_HANDLE, "cudaErrorInvalidResourceHandle"),
          Map.entry(CudaResult.NOT_FOUND, "cudaErrorSymbolNotFound"),
          Map.entry(CudaResult.LAUNCH_FAILED, "cudaErrorLaunchFailure"));

  private final Map<Integer, MemorySegment> names = new HashMap<>();
  private final Map<Integer, MemorySegment> words = new HashMap<>();
  private final MemorySegment unknown = Arena.global().allocateFrom("unrecognized error code");

  RuntimeDeviceCalls(Driver driver) {
    super(driver);
    for (CudaResult result : CudaResult.values()) {
      names.put(result.code(), Arena.global().allocateFrom(name(result)));
      words.put(result.code(), Arena.global().allocateFrom(result.words()));
    }
  }

  /// `INVALID_VALUE` is `cudaErrorInvalidValue`.
  private static String name(CudaResult result) {
    String known = NAMES.get(result);
    return known != null
        ? known
        : Arrays.stream(result.name().split("_"))
            .map(word -> word.charAt(0) + word.substring(1).toLowerCase(Locale.ROOT))
            .collect(Collectors.joining("", "cudaError", ""));
  }

  long cudaGetErrorName(int error) {
    return names.getOrDefault(error, unknown).address();
  }

  long cudaGetErrorString(int error) {
    return words.getOrDefault(error, unknown).address();
  }

  /// An error of a kernel stays; others are told once.
  long cudaGetLastError() {
    int last = driver.thread().lastError;
    driver.thread().lastError = failure();
    return last;
  }

  long cudaPeekAtLastError() {
    return driver.thread().lastError;
  }

  private int failure() {
    CudaContext current = driver.thread().current();
    CudaResult failure = current == null ? null : current.failure();
    return failure == null ? 0 : failure.code();
  }

  void cudaRuntimeGetVersion(long version) {
    Host.putInt(version, VERSION);
  }

  void cudaGetDevice(long device) {
    Host.putInt(device, 0);
  }

  void cudaSetDevice(int device) {
    DeviceProperties.check(device);
  }

  void cudaInitDevice(int device, int deviceFlags, int flags) {
    DeviceProperties.check(device);
  }

  void cudaChooseDevice(long device, long properties) {
    Host.putInt(device, 0);
  }

  void cudaSetDeviceFlags(int flags) {
    driver.contexts.setPrimaryFlags(flags);
  }

  void cudaGetDeviceFlags(long flags) {
    Host.putInt(flags, driver.contexts.primaryFlags);
  }

  void cudaDeviceReset() {
    driver.contexts.resetPrimary("cudaDeviceReset");
    driver.thread().lastError = 0;
  }

  void cudaThreadExit() {
    cudaDeviceReset();
  }

  /// Of CUDA 13.
  void cudaGetDeviceProperties(long properties, int device) {
    DeviceProperties.check(device);
    new PropertiesStruct(properties, driver, false).write();
  }

  /// Of CUDA 12: the `_v2` that its headers ask for.
  void cudaGetDeviceProperties_v2(long properties, int device) {
    DeviceProperties.check(device);
    new PropertiesStruct(properties, driver, true).write();
  }

  void cudaPointerGetAttributes(long attributes, long pointer) {
    Allocation found = driver.memory().find(pointer, 1);
    boolean shared = found != null && found.hostVisible;
    boolean pinned = driver.pinned.find(pointer) != null;
    Host.putInt(attributes, found == null ? 0 : pinned ? HOST : shared ? MANAGED : DEVICE);
    Host.putInt(attributes + 4, found == null ? -2 : 0);
    Host.putLong(attributes + 8, found == null ? 0 : pointer);
    Host.putLong(attributes + 16, found == null || shared ? pointer : 0);
  }

  void cudaSetValidDevices(long devices, int count) {
    for (int i = 0; i < count; i++) {
      DeviceProperties.check(Host.getInt(devices + 4L * i));
    }
  }

  /// There is no other device.
  @SuppressWarnings("DoNotCallSuggester") // the shim calls it
  void cudaDeviceEnablePeerAccess(int device, int flags) {
    throw new DriverException(CudaResult.INVALID_DEVICE);
  }

  @SuppressWarnings("DoNotCallSuggester") // the shim calls it
  void cudaDeviceDisablePeerAccess(int device) {
    throw new DriverException(CudaResult.INVALID_DEVICE);
  }

  /// There is no cache.
  void cudaCtxResetPersistingL2Cache() {}

  void cudaDeviceGetTexture1DLinearMaxWidth(long texels, long channels, int device) {
    DeviceProperties.check(device);
    Host.putLong(texels, DeviceProperties.attribute(LINEAR_WIDTH, 1));
  }

  /// The driver's function of this name, the newest that there is.
  void cudaGetDriverEntryPoint(long symbol, long function, long flags, long status) {
    String name = Host.string(symbol);
    long found =
        Stream.of("_v4", "_v3", "_v2", "")
            .mapToLong(version -> Shim.exported(name + version))
            .filter(address -> address != 0)
            .findFirst()
            .orElse(0);
    Host.putLong(function, found);
    Host.offerInt(status, found == 0 ? 1 : 0);
  }

  void cudaGetDriverEntryPointByVersion(
      long symbol, long function, int version, long flags, long status) {
    cudaGetDriverEntryPoint(symbol, function, flags, status);
  }

  void cudaStreamCreate(long stream) {
    CudaContext context = driver.context();
    CudaStream made = new CudaStream(context, driver.nextStreamId(), 0, 0);
    Host.putLong(stream, context.adopt(made));
  }

  void cudaEventCreate(long event) {
    Host.putLong(event, driver.context().adopt(new CudaEvent(0)));
  }
}
