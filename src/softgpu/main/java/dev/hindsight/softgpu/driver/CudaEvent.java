package dev.hindsight.softgpu.driver;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/// An event: the time at which it was recorded, or the nodes that it stands for in a capture.
final class CudaEvent {
  static final int DISABLE_TIMING = 2;

  private final int flags;
  private boolean recorded;
  private long nanos;
  private @Nullable Capture capture;
  Set<GraphNode> nodes = Set.of();

  CudaEvent(int flags) {
    this.flags = flags;
  }

  void record() {
    recorded = true;
    nanos = System.nanoTime();
    capture = null;
  }

  void record(Capture during, Set<GraphNode> after) {
    recorded = false;
    capture = during;
    nodes = Set.copyOf(after);
  }

  /// The capture in which it was last recorded, while that runs; else null.
  @Nullable Capture capture() {
    return capture != null && capture.active ? capture : null;
  }

  /// CAPTURED_EVENT where it stands for nodes of a graph and has no time.
  void refuseWhileCaptured() {
    if (capture() != null) {
      throw new DriverException(CudaResult.CAPTURED_EVENT);
    }
  }

  /// Wall time in milliseconds from `start` to this event.
  float millisecondsSince(CudaEvent start) {
    for (CudaEvent event : new CudaEvent[] {start, this}) {
      event.refuseWhileCaptured();
      if (!event.recorded || (event.flags & DISABLE_TIMING) != 0) {
        throw new DriverException(
            CudaResult.INVALID_HANDLE,
            event.recorded ? "an event was made without timing" : "an event was never recorded");
      }
    }
    return (nanos - start.nanos) / 1e6f;
  }
}
