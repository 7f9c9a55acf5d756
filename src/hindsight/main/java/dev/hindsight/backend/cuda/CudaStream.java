package dev.hindsight.backend.cuda;

import static jcuda.driver.JCudaDriver.cuEventCreate;
import static jcuda.driver.JCudaDriver.cuEventDestroy;
import static jcuda.driver.JCudaDriver.cuEventElapsedTime;
import static jcuda.driver.JCudaDriver.cuEventRecord;
import static jcuda.driver.JCudaDriver.cuEventSynchronize;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.cuda.device.Cuda;
import dev.hindsight.backend.cuda.device.CudaDevice;
import jcuda.driver.CUevent;
import jcuda.driver.CUevent_flags;
import jcuda.driver.CUstream;

/// The one stream of a `cuda` backend, for who times on the device what goes through it, or lets
/// another library work in it.
///
/// It belongs to its backend; close it before.
public final class CudaStream implements AutoCloseable {
  private final CudaDevice device;
  private final CUevent start;
  private final CUevent stop;

  /// What a GPU says about itself.
  public record Device(int multiprocessors, long l2Bytes) {}

  private CudaStream(CudaDevice device) {
    this.device = device;
    device.bind();
    start = event();
    stop = event();
  }

  /// The stream of a backend.
  ///
  /// @param backend one that [dev.hindsight.backend.Backends] opened as `cuda`
  /// @throws IllegalArgumentException when the backend is another
  public static CudaStream of(Backend backend) {
    if (!(backend instanceof CudaBackend cuda)) {
      throw new IllegalArgumentException(
          "wanted the cuda backend, which has a stream, got %s".formatted(backend.name()));
    }
    return new CudaStream(cuda.device());
  }

  private static CUevent event() {
    var event = new CUevent();
    Cuda.check(cuEventCreate(event, CUevent_flags.CU_EVENT_DEFAULT), "cuEventCreate");
    return event;
  }

  /// Which GPU it is.
  public Device device() {
    return new Device(device.facts().multiprocessors(), device.l2Bytes());
  }

  /// For other libraries, in the calling thread: its context is current there from now on.
  public CUstream stream() {
    device.bind();
    return device.stream();
  }

  /// Notes the time at which all that was queued before is done.
  public void start() {
    record(start);
  }

  /// The same for the end.
  public void stop() {
    record(stop);
  }

  private void record(CUevent event) {
    device.bind();
    Cuda.check(cuEventRecord(event, device.stream()), "cuEventRecord");
  }

  /// Waits for [#stop]; microseconds since [#start], by the device's own clock.
  public double microseconds() {
    device.bind();
    Cuda.check(cuEventSynchronize(stop), "the work so far");
    float[] milliseconds = new float[1];
    Cuda.check(cuEventElapsedTime(milliseconds, start, stop), "cuEventElapsedTime");
    return 1e3 * milliseconds[0];
  }

  @Override
  public void close() {
    device.bind();
    cuEventDestroy(start); // where a kernel has spoilt the context, the first failure is told
    cuEventDestroy(stop);
  }
}
