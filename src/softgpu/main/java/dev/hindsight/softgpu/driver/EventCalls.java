package dev.hindsight.softgpu.driver;

/// Events. Times are wall times of this machine, not a GPU's.
final class EventCalls extends Calls {
  private static final int EXTERNAL = 1;
  private static final int INTERPROCESS = 4;

  EventCalls(Driver driver) {
    super(driver);
  }

  void cuEventCreate(long event, int flags) {
    DriverException.require((flags & ~7) == 0, "wanted event flags 0..7, got %d", flags);
    if ((flags & INTERPROCESS) != 0) {
      throw new DriverException(
          CudaResult.NOT_SUPPORTED, "the software GPU shares no events between processes");
    }
    Host.putLong(event, driver.context().adopt(new CudaEvent(flags)));
  }

  void cuEventDestroy(long event) {
    event(event);
    driver.context().disown(event);
  }

  @Shorter("cuEventRecord")
  void cuEventRecordWithFlags(long event, long stream, int flags) {
    CudaEvent wanted = event(event);
    CudaStream in = stream(stream);
    Capture capture = in.capture;
    if (capture != null && (flags & EXTERNAL) == 0) {
      wanted.record(capture, in.tail);
    } else {
      driver.captures.submit(in, new Work.RecordEvent(wanted));
    }
  }

  /// An event that was never recorded counts as done, as in CUDA.
  void cuEventQuery(long event) {
    event(event).refuseWhileCaptured();
  }

  void cuEventSynchronize(long event) {
    event(event).refuseWhileCaptured();
  }

  void cuEventElapsedTime(long milliseconds, long start, long end) {
    Host.putFloat(milliseconds, event(end).millisecondsSince(event(start)));
  }
}
