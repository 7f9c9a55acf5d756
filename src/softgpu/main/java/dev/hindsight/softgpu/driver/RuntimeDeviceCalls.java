package dev.hindsight.softgpu.driver;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/// CUDA's runtime library: the device, and the last error of a thread.
final class RuntimeDeviceCalls extends Calls {
  private static final int VERSION = 12060;

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
    boolean device = driver.memory().find(pointer, 1) != null;
    boolean host = driver.pinned.find(pointer) != null;
    Host.putInt(attributes, device ? 2 : host ? 1 : 0);
    Host.putInt(attributes + 4, device || host ? 0 : -2);
    Host.putLong(attributes + 8, device ? pointer : 0);
    Host.putLong(attributes + 16, device ? 0 : pointer);
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
