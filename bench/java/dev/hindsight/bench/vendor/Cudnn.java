package dev.hindsight.bench.vendor;

import dev.hindsight.backend.Backend;
import dev.hindsight.bench.device.DeviceClock;
import dev.hindsight.tensor.OutOfMemoryException;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.function.ToIntFunction;
import jcuda.jcudnn.JCudnn;
import jcuda.jcudnn.cudnnHandle;
import jcuda.jcudnn.cudnnStatus;
import jcuda.runtime.cudaStream_t;

/// cuDNN 9 through JCudnn, whose API is that of cuDNN 8: what 9 removed is never called, see
/// `NativeSymbolsTest`.
final class Cudnn implements AutoCloseable {
  static final String LIBRARY = "libcudnn.so.9";
  private static final long MAJOR = 9;

  private final cudnnHandle handle = new cudnnHandle();
  private final String description;

  /// @throws VendorException where there is none, or it does not start
  Cudnn(DeviceClock clock) {
    VendorLibraries.find("cuDNN", List.of(LIBRARY), "package libcudnn9-cuda-12 (or -13)");
    VendorLibraries.bind("cuDNN", "jcuda.jcudnn.JCudnn");
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

  /// Memory that a call asks for, at least one number.
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

  /// Integers for the device.
  static Tensor integers(Backend backend, Scope scope, int[] values) {
    float[] bits = new float[values.length];
    for (int k = 0; k < bits.length; k++) {
      bits[k] = Float.intBitsToFloat(values[k]);
    }
    Tensor tensor = scope.floats(bits.length);
    backend.write(tensor, bits);
    return tensor;
  }

  @Override
  public void close() {
    JCudnn.cudnnDestroy(handle);
  }

  /// Descriptors, which are destroyed in the opposite order.
  static final class Descriptors implements AutoCloseable {
    private final Deque<Runnable> made = new ArrayDeque<>();

    /// Creates one.
    <T> T add(T descriptor, ToIntFunction<T> create, ToIntFunction<T> destroy) {
      check(create.applyAsInt(descriptor), "a descriptor");
      made.push(() -> check(destroy.applyAsInt(descriptor), "the end of a descriptor"));
      return descriptor;
    }

    @Override
    public void close() {
      made.forEach(Runnable::run);
    }
  }
}
