package dev.hindsight.softgpu.driver;

import static dev.hindsight.softgpu.driver.DriverException.require;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.EnumMap;
import java.util.Map;
import java.util.function.Function;

/// Initialisation, versions, error texts and what the device is.
final class DeviceCalls extends Calls {
  private static final int ORDINAL_OF_NONE = -1;

  private final Map<CudaResult, MemorySegment> names = texts(CudaResult::cudaName);
  private final Map<CudaResult, MemorySegment> words = texts(CudaResult::words);

  DeviceCalls(Driver driver) {
    super(driver);
  }

  private static Map<CudaResult, MemorySegment> texts(Function<CudaResult, String> text) {
    Map<CudaResult, MemorySegment> made = new EnumMap<>(CudaResult.class);
    for (CudaResult result : CudaResult.values()) {
      made.put(result, Arena.global().allocateFrom(text.apply(result)));
    }
    return made;
  }

  void cuInit(int flags) {
    require(flags == 0, "wanted flags 0, got %d", flags);
    driver.initialised = true;
  }

  void cuDriverGetVersion(long version) {
    Host.putInt(version, DeviceProperties.DRIVER_VERSION);
  }

  void cuGetErrorName(int error, long text) {
    putText(names, error, text);
  }

  void cuGetErrorString(int error, long text) {
    putText(words, error, text);
  }

  private static void putText(Map<CudaResult, MemorySegment> texts, int error, long text) {
    CudaResult result = CudaResult.of(error);
    MemorySegment found = result == null ? null : texts.get(result);
    Host.putLong(text, found == null ? 0 : found.address());
    require(found != null, "%d is no error that the software GPU knows", error);
  }

  void cuDeviceGetCount(long count) {
    Host.putInt(count, 1);
  }

  void cuDeviceGet(long device, int ordinal) {
    DeviceProperties.check(ordinal);
    Host.putInt(device, ordinal);
  }

  void cuDeviceGetName(long name, int room, int device) {
    DeviceProperties.check(device);
    Host.putString(name, room, DeviceProperties.NAME);
  }

  void cuDeviceGetUuid(long uuid, int device) {
    DeviceProperties.check(device);
    byte[] bytes = DeviceProperties.uuid();
    MemorySegment.copy(MemorySegment.ofArray(bytes), 0, Host.at(uuid, 16), 0, 16);
  }

  void cuDeviceTotalMem(long bytes, int device) {
    DeviceProperties.check(device);
    Host.putLong(bytes, driver.memory().capacity());
  }

  void cuDeviceGetAttribute(long value, int attribute, int device) {
    DeviceProperties.check(device);
    Host.putInt(value, DeviceProperties.attribute(attribute, driver.multiprocessors()));
  }

  void cuDeviceComputeCapability(long major, long minor, int device) {
    DeviceProperties.check(device);
    Host.putInt(major, DeviceProperties.MAJOR);
    Host.putInt(minor, DeviceProperties.MINOR);
  }

  /// Fills a `CUdevprop`.
  void cuDeviceGetProperties(long properties, int device) {
    DeviceProperties.check(device);
    int[] values = {
      DeviceProperties.MAX_THREADS_PER_BLOCK,
      DeviceProperties.MAX_THREADS_PER_BLOCK,
      DeviceProperties.MAX_THREADS_PER_BLOCK,
      DeviceProperties.MAX_BLOCK_Z,
      Integer.MAX_VALUE,
      DeviceProperties.MAX_GRID_YZ,
      DeviceProperties.MAX_GRID_YZ,
      DeviceProperties.SHARED_PER_BLOCK,
      DeviceProperties.CONSTANT_BYTES,
      DeviceProperties.WARP,
      DeviceProperties.MAX_PITCH,
      DeviceProperties.REGISTERS_PER_MULTIPROCESSOR,
      DeviceProperties.CLOCK_KHZ,
      DeviceProperties.PITCH_ALIGNMENT
    };
    for (int i = 0; i < values.length; i++) {
      Host.putInt(properties + 4L * i, values[i]);
    }
  }

  void cuDeviceGetPCIBusId(long text, int room, int device) {
    DeviceProperties.check(device);
    Host.putString(text, room, DeviceProperties.PCI_BUS_ID);
  }

  void cuDeviceGetByPCIBusId(long device, long text) {
    DeviceProperties.check(
        DeviceProperties.PCI_BUS_ID.equals(Host.string(text)) ? 0 : ORDINAL_OF_NONE);
    Host.putInt(device, 0);
  }

  void cuDeviceCanAccessPeer(long can, int device, int peer) {
    DeviceProperties.check(device);
    DeviceProperties.check(peer);
    Host.putInt(can, 0);
  }

  /// There is one device, so there are no pairs.
  @SuppressWarnings("DoNotCallSuggester") // the shim calls it
  void cuDeviceGetP2PAttribute(long value, int attribute, int source, int target) {
    DeviceProperties.check(source);
    DeviceProperties.check(target);
    throw new DriverException(CudaResult.INVALID_DEVICE, "wanted two devices, got one twice");
  }

  /// Profiling brackets are accepted; there is no profiler behind them.
  void cuProfilerStart() {}

  void cuProfilerStop() {}
}
