package dev.hindsight.softgpu.driver;

import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// A stream. Its work runs when it is submitted, or becomes nodes of a graph while it is captured.
final class CudaStream {
  private static final int NON_BLOCKING = 1;

  final CudaContext context;
  final long id;
  final int flags;
  final int priority;

  /// The nodes that the next captured work depends on.
  final Set<GraphNode> tail = new LinkedHashSet<>();

  /// What the program set, by number.
  final Map<Integer, byte[]> attributes = new HashMap<>();

  /// The capture that this stream takes part in, or null.
  @Nullable Capture capture;

  CudaStream(CudaContext context, long id, int flags, int priority) {
    this.context = context;
    this.id = id;
    this.flags = flags;
    this.priority = priority;
  }

  boolean legacy() {
    return id == 0;
  }

  boolean nonBlocking() {
    return (flags & NON_BLOCKING) != 0;
  }

  void setCapture(@Nullable Capture wanted) {
    capture = wanted;
    tail.clear();
  }
}
