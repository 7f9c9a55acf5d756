package dev.hindsight.bench.vendor;

import dev.hindsight.bench.device.DeviceClock;
import dev.hindsight.tensor.OutOfMemoryException;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.ToIntFunction;
import jcuda.jcudnn.JCudnn;
import jcuda.jcudnn.cudnnHandle;
import jcuda.jcudnn.cudnnStatus;
import jcuda.jcudnn.cudnnTensorDescriptor;
import jcuda.runtime.cudaStream_t;

/// cuDNN 9 through JCudnn. JCudnn's API is that of cuDNN 8 and its natives are of cuDNN 9: what 9
/// removed is never called, see `JCudaNativesTest`.
final class Cudnn implements AutoCloseable {
  static final String LIBRARY = "libcudnn.so.9";
  private static final long MAJOR = 9;

  private final cudnnHandle handle = new cudnnHandle();
  private final Deque<Runnable> descriptors = new ArrayDeque<>(); // how to destroy them
  private final String description;

  /// @throws VendorException where there is none, or it does not start
  Cudnn(DeviceClock clock) {
    VendorException.requireLibrary(
        "cuDNN", LIBRARY, "libcudnn9-cuda-12 (or -13)", "jcuda.jcudnn.JCudnn");
    long version = JCudnn.cudnnGetVersion();
    if (version / 10000 != MAJOR) { // 9.5.1 is 90501, 8.9.7 was 8907
      throw new VendorException(
          "cuDNN: wanted version 9, got one that calls itself %d; let LD_LIBRARY_PATH name the folder of cuDNN 9"
              .formatted(version));
    }
    check(JCudnn.cudnnCreate(handle), "cudnnCreate");
    check(
        JCudnn.cudnnSetStream(handle, new cudaStream_t(clock.stream().stream())), "cudnnSetStream");
    description =
        "cuDNN %d.%d.%d (%s through JCudnn)"
            .formatted(version / 10000, version / 100 % 100, version % 100, LIBRARY);
  }

  cudnnHandle handle() {
    return handle;
  }

  String describe() {
    return description;
  }

  /// @throws VendorException where the call failed
  static void check(int status, String call) {
    if (status != cudnnStatus.CUDNN_STATUS_SUCCESS) {
      throw new VendorException(
          "cuDNN: wanted %s to succeed, got %s (%d); NOT_INITIALIZED: libcudnn_*.so.9 of one version must lie together and there must be free GPU memory; NOT_SUPPORTED: this cuDNN cannot do it here"
              .formatted(call, JCudnn.cudnnGetErrorString(status), status));
    }
  }

  /// Creates a descriptor, which lives as long as the library is open.
  <T> T descriptor(T empty, ToIntFunction<T> create, ToIntFunction<T> destroy) {
    check(create.applyAsInt(empty), "a descriptor");
    descriptors.push(() -> check(destroy.applyAsInt(empty), "the end of a descriptor"));
    return empty;
  }

  cudnnTensorDescriptor tensor(
      int format, int type, int batch, int channels, int height, int width) {
    cudnnTensorDescriptor tensor =
        descriptor(
            new cudnnTensorDescriptor(),
            JCudnn::cudnnCreateTensorDescriptor,
            JCudnn::cudnnDestroyTensorDescriptor);
    check(
        JCudnn.cudnnSetTensor4dDescriptor(tensor, format, type, batch, channels, height, width),
        "cudnnSetTensor4dDescriptor");
    return tensor;
  }

  /// Memory that a call needs, at least one number.
  ///
  /// @throws VendorException where there is not enough
  static Tensor space(Scope scope, long bytes, String what) {
    try {
      return scope.zeros(Math.toIntExact(Math.max(1, Math.ceilDiv(bytes, Float.BYTES))));
    } catch (OutOfMemoryException e) {
      throw new VendorException(
          "cuDNN: wanted %d MiB for %s, got: %s".formatted(bytes >> 20, what, e.getMessage()));
    }
  }

  @Override
  public void close() {
    descriptors.forEach(Runnable::run);
    JCudnn.cudnnDestroy(handle);
  }
}
