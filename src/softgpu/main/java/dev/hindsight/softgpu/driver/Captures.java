package dev.hindsight.softgpu.driver;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// All running captures, and where work goes: to the device or into a graph.
final class Captures {
  private final Driver driver;
  private final List<Capture> running = new ArrayList<>();

  Captures(Driver driver) {
    this.driver = driver;
  }

  /// Runs work, or adds it to the graph that the stream is captured into.
  void submit(CudaStream stream, Work work) {
    Capture capture = stream.capture;
    if (capture != null) {
      capture.add(stream, work);
    } else {
      refuseLegacy(stream);
      work.run(driver);
    }
  }

  /// @param after nodes of the graph that all of the capture waits for
  void begin(CudaStream stream, CaptureMode mode, CudaGraph graph, List<GraphNode> after) {
    if (stream.legacy()) {
      throw new DriverException(
          CudaResult.STREAM_CAPTURE_UNSUPPORTED, "the legacy stream cannot be captured");
    }
    if (stream.capture != null) {
      throw new DriverException(CudaResult.ILLEGAL_STATE, "the stream is captured already");
    }
    running.add(new Capture(mode, stream, graph, after));
  }

  /// Ends the capture that began in this stream and returns its graph.
  CudaGraph end(CudaStream stream) {
    Capture capture = stream.capture;
    if (capture == null) {
      throw new DriverException(CudaResult.ILLEGAL_STATE, "the stream is not captured");
    }
    if (capture.origin != stream) {
      throw new DriverException(CudaResult.STREAM_CAPTURE_UNMATCHED);
    }
    if (capture.mode != CaptureMode.RELAXED && capture.thread != Thread.currentThread()) {
      throw new DriverException(CudaResult.STREAM_CAPTURE_WRONG_THREAD);
    }
    boolean joined = capture.joined();
    running.remove(capture);
    capture.end();
    if (!capture.valid || !joined) {
      capture.graph.destroy();
      throw new DriverException(
          joined ? CudaResult.STREAM_CAPTURE_INVALIDATED : CudaResult.STREAM_CAPTURE_UNJOINED);
    }
    return capture.graph;
  }

  /// Drops the capture that began in a stream, because the stream ends. Any other stream of it only
  /// leaves; what it did is part of the graph.
  void abandon(CudaStream stream) {
    Capture capture = stream.capture;
    if (capture != null && capture.origin != stream) {
      capture.leave(stream);
    } else if (capture != null) {
      running.remove(capture);
      capture.end();
      capture.graph.destroy();
    }
  }

  /// Refuses to wait for a stream that is captured, which also spoils the capture.
  void refuseWait(CudaStream stream) {
    Capture capture = stream.capture;
    if (capture != null) {
      capture.valid = false;
      throw new DriverException(CudaResult.STREAM_CAPTURE_UNSUPPORTED);
    }
    refuseLegacy(stream);
  }

  /// Refuses to wait for a whole context while any of its streams is captured.
  void refuseWait(CudaContext context) {
    boolean any = false;
    for (Capture capture : running) {
      if (capture.origin.context == context) {
        capture.valid = false;
        any = true;
      }
    }
    if (any) {
      throw new DriverException(CudaResult.STREAM_CAPTURE_UNSUPPORTED);
    }
  }

  /// The legacy stream waits for all blocking streams, so none of them may be captured.
  private void refuseLegacy(CudaStream stream) {
    if (!stream.legacy()) {
      return;
    }
    for (Capture capture : running) {
      if (capture.origin.context == stream.context
          && !capture.streams.stream().allMatch(CudaStream::nonBlocking)) {
        capture.valid = false;
        throw new DriverException(CudaResult.STREAM_CAPTURE_IMPLICIT);
      }
    }
  }

  /// Refuses calls that could wait for the device while this thread may not make them.
  void refuseUnsafe(ThreadState thread, String function) {
    if (thread.captureMode == CaptureMode.RELAXED) {
      return;
    }
    for (Capture capture : running) {
      boolean mine =
          capture.thread == Thread.currentThread() && capture.mode != CaptureMode.RELAXED;
      boolean global =
          capture.mode == CaptureMode.GLOBAL && thread.captureMode == CaptureMode.GLOBAL;
      if (mine || global) {
        capture.valid = false;
        throw new DriverException(
            CudaResult.STREAM_CAPTURE_UNSUPPORTED,
            function + " is not allowed during a capture; begin it in relaxed mode or call before");
      }
    }
  }

  /// What `cuStreamWaitEvent` does to a captured stream or with a captured event.
  void waitFor(CudaStream stream, CudaEvent event, boolean external) {
    Capture capture = stream.capture;
    Capture recorded = event.capture();
    if (external || (capture == null && recorded == null)) {
      submit(stream, new Work.WaitEvent(event));
    } else if (recorded == null) {
      spoil(capture, CudaResult.STREAM_CAPTURE_ISOLATION);
    } else if (capture != null && capture != recorded) {
      spoil(capture, CudaResult.STREAM_CAPTURE_MERGE);
    } else {
      if (stream.legacy()) {
        spoil(recorded, CudaResult.STREAM_CAPTURE_IMPLICIT);
      }
      if (capture == null) {
        recorded.join(stream);
      }
      stream.tail.addAll(event.nodes);
    }
  }

  private static void spoil(@Nullable Capture capture, CudaResult result) {
    if (capture != null) {
      capture.valid = false;
    }
    throw new DriverException(result);
  }
}
