package dev.hindsight.softgpu.driver;

import static dev.hindsight.softgpu.driver.DriverException.require;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/// Streams and their capture into graphs.
final class StreamCalls extends Calls {
  private static final int EXTERNAL = 1;
  private static final int VALUE_BYTES = 64;
  private static final FunctionDescriptor CALLBACK =
      FunctionDescriptor.ofVoid(ValueLayout.JAVA_LONG, ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG);

  StreamCalls(Driver driver) {
    super(driver);
  }

  @Shorter("cuStreamCreate")
  void cuStreamCreateWithPriority(long stream, int flags, int priority) {
    DriverException.require(flags == 0 || flags == 1, "wanted stream flags 0 or 1, got %d", flags);
    CudaContext context = driver.context();
    int allowed = Math.clamp(priority, ContextCalls.HIGHEST_PRIORITY, 0);
    CudaStream made = new CudaStream(context, driver.nextStreamId(), flags, allowed);
    Host.putLong(stream, context.adopt(made));
  }

  void cuStreamDestroy(long stream) {
    CudaStream gone = driver.handles.get(stream, CudaStream.class);
    driver.captures.abandon(gone);
    gone.context.disown(stream);
  }

  /// All work is done when its call returns, so nothing is left to wait for.
  void cuStreamSynchronize(long stream) {
    driver.captures.refuseWait(stream(stream));
  }

  void cuStreamQuery(long stream) {
    driver.captures.refuseWait(stream(stream));
  }

  void cuStreamWaitEvent(long stream, long event, int flags) {
    CudaEvent wanted = event(event);
    driver.captures.waitFor(stream(stream), wanted, (flags & EXTERNAL) != 0);
  }

  void cuStreamGetPriority(long stream, long priority) {
    Host.putInt(priority, stream(stream).priority);
  }

  void cuStreamGetFlags(long stream, long flags) {
    Host.putInt(flags, stream(stream).flags);
  }

  void cuStreamGetId(long stream, long id) {
    Host.putLong(id, stream(stream).id);
  }

  void cuStreamGetCtx(long stream, long context) {
    Host.putLong(context, stream(stream).context.handle);
  }

  /// Calls `void (*)(CUstream, CUresult, void*)` at once.
  void cuStreamAddCallback(long stream, long callback, long userData, int flags) {
    DriverException.require(flags == 0, "wanted callback flags 0, got %d", flags);
    driver.captures.refuseWait(stream(stream));
    driver
        .thread()
        .hostFunction(
            () -> CFunction.call(callback, CALLBACK, stream, CudaResult.SUCCESS.code(), userData));
  }

  /// Which stream works with managed memory changes nothing here.
  void cuStreamAttachMemAsync(long stream, long address, long bytes, int flags) {
    stream(stream);
    require(flags == 1 || flags == 2 || flags == 4, "wanted flags 1, 2 or 4, got %d", flags);
    require(driver.memory().find(address, 1) != null, "0x%x is no managed memory", address);
  }

  /// Attributes are hints, which change nothing here.
  void cuStreamSetAttribute(long stream, int attribute, long value) {
    CudaStream of = stream(stream);
    require(attribute > 0 && value != 0, "wanted an attribute and a value, got %d", attribute);
    of.attributes.put(attribute, Host.at(value, VALUE_BYTES).toArray(ValueLayout.JAVA_BYTE));
  }

  void cuStreamGetAttribute(long stream, int attribute, long value) {
    CudaStream of = stream(stream);
    require(attribute > 0 && value != 0, "wanted an attribute and room, got %d", attribute);
    byte[] is = of.attributes.getOrDefault(attribute, new byte[VALUE_BYTES]);
    Host.at(value, VALUE_BYTES).copyFrom(MemorySegment.ofArray(is));
  }

  void cuStreamCopyAttributes(long target, long source) {
    CudaStream to = stream(target);
    to.attributes.clear();
    to.attributes.putAll(stream(source).attributes);
  }

  void cuStreamBeginCapture(long stream, int mode) {
    CudaStream wanted = stream(stream);
    CaptureMode as = CaptureMode.of(mode);
    driver.captures.begin(wanted, as, new CudaGraph(driver.handles), List.of());
  }

  /// Adds what is captured to a graph that is there, behind nodes of it.
  void cuStreamBeginCaptureToGraph(
      long stream, long graph, long dependencies, long edges, long count, int mode) {
    List<GraphNode> after = nodes(dependencies, count);
    driver.captures.begin(stream(stream), CaptureMode.of(mode), graph(graph), after);
  }

  /// What the next captured work waits for: these nodes alone, where flags are 1, or them as well.
  void cuStreamUpdateCaptureDependencies(long stream, long dependencies, long count, int flags) {
    CudaStream of = stream(stream);
    if (of.capture == null) {
      throw new DriverException(CudaResult.ILLEGAL_STATE, "the stream is not captured");
    }
    require(flags == 0 || flags == 1, "wanted flags 0 or 1, got %d", flags);
    if (flags == 1) {
      of.tail.clear();
    }
    of.tail.addAll(nodes(dependencies, count));
  }

  void cuStreamUpdateCaptureDependencies_v2(
      long stream, long dependencies, long edges, long count, int flags) {
    cuStreamUpdateCaptureDependencies(stream, dependencies, count, flags);
  }

  void cuStreamEndCapture(long stream, long graph) {
    Host.offerLong(graph, 0);
    Host.offerLong(graph, driver.captures.end(stream(stream)).handle);
  }

  /// 0 is no capture, 1 an active one, 2 one that an error spoiled.
  void cuStreamIsCapturing(long stream, long status) {
    Capture capture = stream(stream).capture;
    Host.putInt(status, capture == null ? 0 : capture.valid ? 1 : 2);
  }

  void cuThreadExchangeStreamCaptureMode(long mode) {
    CaptureMode before = driver.thread().captureMode;
    driver.thread().captureMode = CaptureMode.of(Host.getInt(mode));
    Host.putInt(mode, before.number);
  }
}
