package dev.hindsight.softgpu.driver;

import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// A stream. Its work runs when it is submitted, or becomes nodes of a graph while it is captured.
final class CudaStream {
  private static final int NON_BLOCKING = 1;

  private final CudaContext context;
  private final long id;
  private final int flags;
  private final int priority;
  private final Set<GraphNode> tail = new LinkedHashSet<>();
  private @Nullable Capture capture;

  CudaStream(CudaContext context, long id, int flags, int priority) {
    this.context = context;
    this.id = id;
    this.flags = flags;
    this.priority = priority;
  }

  CudaContext context() {
    return context;
  }

  long id() {
    return id;
  }

  int flags() {
    return flags;
  }

  int priority() {
    return priority;
  }

  boolean legacy() {
    return id == 0;
  }

  boolean nonBlocking() {
    return (flags & NON_BLOCKING) != 0;
  }

  /// The capture that this stream takes part in, or null.
  @Nullable Capture capture() {
    return capture;
  }

  void setCapture(@Nullable Capture wanted) {
    capture = wanted;
    tail.clear();
  }

  /// The nodes that the next captured work depends on.
  Set<GraphNode> tail() {
    return tail;
  }
}
