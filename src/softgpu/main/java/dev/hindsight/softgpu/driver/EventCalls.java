package dev.hindsight.softgpu.driver;

/// Events. Times are wall times of this machine, not a GPU's.
final class EventCalls {
  private static final int EXTERNAL = 1;
  private static final int INTERPROCESS = 4;

  private final Driver driver;

  EventCalls(Driver driver) {
    this.driver = driver;
  }

  private CudaEvent event(long handle) {
    return driver.handles().get(handle, CudaEvent.class);
  }

  @Call
  void cuEventCreate(long event, int flags) {
    DriverException.require((flags & ~7) == 0, "wanted event flags 0..7, got %d", flags);
    if ((flags & INTERPROCESS) != 0) {
      throw new DriverException(
          CudaResult.NOT_SUPPORTED, "the software GPU shares no events between processes");
    }
    Host.putLong(event, driver.context().adopt(new CudaEvent(flags)));
  }

  @Call
  void cuEventDestroy(long event) {
    event(event);
    driver.context().disown(event);
  }

  @Call
  void cuEventRecord(long event, long stream) {
    cuEventRecordWithFlags(event, stream, 0);
  }

  @Call
  void cuEventRecordWithFlags(long event, long stream, int flags) {
    CudaEvent wanted = event(event);
    CudaStream in = driver.context().stream(stream);
    Capture capture = in.capture();
    if (capture != null && (flags & EXTERNAL) == 0) {
      wanted.record(capture, in.tail());
    } else {
      driver.captures().submit(driver, in, new Work.RecordEvent(wanted));
    }
  }

  /// An event that was never recorded counts as done, as in CUDA.
  @Call
  void cuEventQuery(long event) {
    event(event).refuseWhileCaptured();
  }

  @Call
  void cuEventSynchronize(long event) {
    event(event).refuseWhileCaptured();
  }

  @Call
  void cuEventElapsedTime(long milliseconds, long start, long end) {
    Host.putFloat(milliseconds, event(end).millisecondsSince(event(start)));
  }
}
