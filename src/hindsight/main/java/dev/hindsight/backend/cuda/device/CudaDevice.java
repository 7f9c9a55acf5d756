package dev.hindsight.backend.cuda.device;

import static jcuda.driver.JCudaDriver.cuCtxSetCurrent;
import static jcuda.driver.JCudaDriver.cuDeviceGet;
import static jcuda.driver.JCudaDriver.cuDeviceGetAttribute;
import static jcuda.driver.JCudaDriver.cuDeviceGetCount;
import static jcuda.driver.JCudaDriver.cuDeviceGetName;
import static jcuda.driver.JCudaDriver.cuDeviceGetUuid;
import static jcuda.driver.JCudaDriver.cuDevicePrimaryCtxRelease;
import static jcuda.driver.JCudaDriver.cuDevicePrimaryCtxRetain;
import static jcuda.driver.JCudaDriver.cuDeviceTotalMem;
import static jcuda.driver.JCudaDriver.cuDriverGetVersion;
import static jcuda.driver.JCudaDriver.cuFuncSetAttribute;
import static jcuda.driver.JCudaDriver.cuInit;
import static jcuda.driver.JCudaDriver.cuStreamCreate;
import static jcuda.driver.JCudaDriver.cuStreamDestroy;
import static jcuda.driver.JCudaDriver.cuStreamQuery;
import static jcuda.driver.JCudaDriver.cuStreamSynchronize;

import dev.hindsight.backend.BackendException;
import dev.hindsight.backend.GpuStream;
import dev.hindsight.backend.Precision;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdevice_attribute;
import jcuda.driver.CUfunction;
import jcuda.driver.CUfunction_attribute;
import jcuda.driver.CUresult;
import jcuda.driver.CUstream;
import jcuda.driver.CUstream_flags;
import jcuda.driver.CUuuid;
import org.jspecify.annotations.Nullable;

/// One GPU: its primary context, which other libraries in the process share, and the one stream in
/// which everything happens in order.
public final class CudaDevice implements GpuStream, AutoCloseable {
  /// JCuda instantiates a graph by `cuGraphInstantiateWithFlags`, which came with CUDA 11.4.
  private static final int LEAST_DRIVER = 11040;

  private final CUdevice device = new CUdevice();
  private final CUcontext context = new CUcontext();
  private final Stream stream = new Stream();
  private @Nullable String capturing;

  /// JCuda tells the address of a stream only to subclasses.
  private static final class Stream extends CUstream {
    long address() {
      return getNativePointer();
    }
  }

  /// By its number, from 0.
  ///
  /// @param precision what the GPU must be able to multiply in
  public CudaDevice(int number, Precision precision) {
    Cuda.check(cuInit(0), "cuInit");
    int[] version = new int[1];
    Cuda.check(cuDriverGetVersion(version), "cuDriverGetVersion");
    requireDriver(version[0]);
    int[] count = new int[1];
    Cuda.check(cuDeviceGetCount(count), "cuDeviceGetCount");
    if (number < 0 || number >= count[0]) {
      throw new BackendException(
          "cuda: wanted GPU %d, got %d GPU(s) numbered from 0; see ./hindsight devices"
              .formatted(number, count[0]));
    }
    Cuda.check(cuDeviceGet(device, number), "cuDeviceGet");
    require(precision, facts());
    Cuda.check(cuDevicePrimaryCtxRetain(context, device), "cuDevicePrimaryCtxRetain");
    int result = cuCtxSetCurrent(context);
    if (result == CUresult.CUDA_SUCCESS) {
      result = cuStreamCreate(stream, CUstream_flags.CU_STREAM_NON_BLOCKING);
    }
    if (result != CUresult.CUDA_SUCCESS) {
      cuDevicePrimaryCtxRelease(device);
      Cuda.check(result, "a stream on " + facts());
    }
  }

  @Override
  public long address() {
    bind();
    return stream.address();
  }

  @Override
  public boolean idle() {
    bind();
    int result = cuStreamQuery(stream);
    if (result == CUresult.CUDA_ERROR_NOT_READY) {
      return false;
    }
    Cuda.check(result, "the work so far");
    return true;
  }

  @Override
  public String gpu() {
    var uuid = new CUuuid();
    Cuda.check(cuDeviceGetUuid(uuid, device), "cuDeviceGetUuid");
    return HexFormat.of().formatHex(uuid.bytes);
  }

  public CUstream stream() {
    return stream;
  }

  /// Makes the context current in the calling thread. Nothing remembers whether it already is: that
  /// belongs to the system's thread, where another backend on another GPU may have set its own
  /// since, and which changes under a virtual thread.
  public void bind() {
    Cuda.check(cuCtxSetCurrent(context), "cuCtxSetCurrent");
  }

  /// Lets a kernel have more dynamic shared memory than the 48 KiB that nobody has to ask for.
  public void allowShared(String kernel, CUfunction function, int bytes) {
    bind();
    Cuda.check(
        cuFuncSetAttribute(
            function, CUfunction_attribute.CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, bytes),
        "%d bytes of shared memory for %s".formatted(bytes, kernel));
  }

  /// What the stream is captured for, or null.
  public void capturing(@Nullable String label) {
    capturing = label;
  }

  /// Fails inside a capture, before the driver does: what the host does is not recorded.
  public void requireNoCapture(String what) {
    if (capturing != null) {
      throw new IllegalStateException(
          "cuda: '%s' is being recorded and wanted %s, which only its first run may do; do it before or after the work"
              .formatted(capturing, what));
    }
  }

  /// As [#synchronize], before all is given back: a fault that was thrown is not thrown again.
  public void finish() {
    bind();
    Cuda.checkGivenBack(cuStreamSynchronize(stream), "the work so far");
  }

  public void synchronize() {
    requireNoCapture("to wait for the GPU");
    bind();
    Cuda.check(cuStreamSynchronize(stream), "the work so far");
  }

  /// Compute capability: 80 for 8.0.
  public int capability() {
    return facts().capability();
  }

  public int multiprocessors() {
    return attribute(device, CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT);
  }

  public long l2Bytes() {
    return attribute(device, CUdevice_attribute.CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE);
  }

  public boolean launchesTogether() {
    return attribute(device, CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COOPERATIVE_LAUNCH) != 0;
  }

  /// The most shared memory that a block may ask for.
  public int sharedBytesPerBlock() {
    return attribute(
        device, CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN);
  }

  /// Fails where a driver is too old for what JCuda calls.
  ///
  /// @param version as `cuDriverGetVersion` tells it: 12060 for CUDA 12.6
  public static void requireDriver(int version) {
    if (version < LEAST_DRIVER) {
      throw new BackendException(
          "cuda: wanted an NVIDIA driver for CUDA 11.4 or later (r470), got one for CUDA %d.%d; update the driver"
              .formatted(version / 1000, version % 1000 / 10));
    }
  }

  /// Fails where a GPU is too old for any kernel, or for those on tensor cores.
  public static void require(Precision precision, DeviceFacts facts) {
    int capability = facts.capability();
    if (capability < 75) {
      throw new BackendException(
          "cuda: wanted compute capability 7.5 or later, got %s; use another backend"
              .formatted(facts));
    }
    if (capability < 80 && precision != Precision.FP32) {
      throw new BackendException(
          "cuda: wanted compute capability 8.0 or later for %s, got %s; use fp32"
              .formatted(precision.label(), facts));
    }
  }

  public DeviceFacts facts() {
    return facts(device);
  }

  public static DeviceFacts facts(CUdevice device) {
    byte[] name = new byte[256];
    Cuda.check(cuDeviceGetName(name, name.length, device), "cuDeviceGetName");
    int end = 0;
    while (end < name.length && name[end] != 0) {
      end++;
    }
    long[] bytes = new long[1];
    Cuda.check(cuDeviceTotalMem(bytes, device), "cuDeviceTotalMem");
    return new DeviceFacts(
        new String(name, 0, end, StandardCharsets.UTF_8),
        attribute(device, CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR),
        attribute(device, CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR),
        attribute(device, CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT),
        bytes[0]);
  }

  private static int attribute(CUdevice device, int attribute) {
    int[] value = new int[1];
    Cuda.check(cuDeviceGetAttribute(value, attribute, device), "cuDeviceGetAttribute");
    return value[0];
  }

  /// Gives the context back even when a kernel has spoilt it.
  @Override
  public void close() {
    int destroyed = cuStreamDestroy(stream);
    Cuda.checkGivenBack(cuDevicePrimaryCtxRelease(device), "cuDevicePrimaryCtxRelease");
    Cuda.checkGivenBack(destroyed, "cuStreamDestroy");
  }
}
