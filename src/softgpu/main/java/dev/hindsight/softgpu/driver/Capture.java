package dev.hindsight.softgpu.driver;

import java.lang.foreign.MemorySegment;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/// A running stream capture: the graph that it builds and the streams that take part.
final class Capture {
  final CaptureMode mode;
  final Thread thread = Thread.currentThread();
  final CudaStream origin;
  final CudaGraph graph;

  /// What the graph had before; all of it, where the graph is the program's own.
  private final Set<GraphNode> before;

  final Set<CudaStream> streams = new LinkedHashSet<>();
  boolean active = true;

  /// Handles that the program was told last.
  MemorySegment lent = MemorySegment.NULL;

  boolean valid = true;

  /// @param after nodes of the graph that all of it waits for
  Capture(CaptureMode mode, CudaStream origin, CudaGraph graph, List<GraphNode> after) {
    this.mode = mode;
    this.origin = origin;
    this.graph = graph;
    this.before = Set.copyOf(graph.nodes);
    join(origin);
    origin.tail.addAll(after);
  }

  void join(CudaStream stream) {
    streams.add(stream);
    stream.setCapture(this);
  }

  void leave(CudaStream stream) {
    streams.remove(stream);
    stream.setCapture(null);
  }

  /// Adds work behind all that the stream did so far.
  void add(CudaStream stream, Work work) {
    if (!valid) {
      throw new DriverException(CudaResult.STREAM_CAPTURE_INVALIDATED);
    }
    GraphNode node = graph.add(List.copyOf(stream.tail), work);
    stream.tail.clear();
    stream.tail.add(node);
  }

  /// Whether the origin waits for every node, through events of the other streams.
  boolean joined() {
    Set<GraphNode> leaves = graph.leaves();
    leaves.removeAll(before);
    return origin.tail.containsAll(leaves);
  }

  void end() {
    active = false;
    streams.forEach(stream -> stream.setCapture(null));
  }
}
