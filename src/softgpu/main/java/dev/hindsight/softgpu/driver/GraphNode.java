package dev.hindsight.softgpu.driver;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// A node of a graph: what it does and what must be done before.
final class GraphNode {
  final CudaGraph graph;

  /// The node that this one was cloned from, or null.
  final @Nullable GraphNode original;

  final long handle;
  final Set<GraphNode> dependencies = new LinkedHashSet<>();
  Work work;

  /// Parameters that the program was given pointers to.
  private @Nullable MemorySegment lent;

  GraphNode(CudaGraph graph, Handles handles, Work work, @Nullable GraphNode original) {
    this.graph = graph;
    this.work = work;
    this.original = original;
    this.handle = handles.add(this);
  }

  /// The work, where it is of this kind; INVALID_VALUE otherwise.
  <T extends Work> T work(Class<T> kind) {
    DriverException.require(
        kind.isInstance(work),
        "wanted a node of kind %s, got %s",
        kind.getSimpleName(),
        work.getClass().getSimpleName());
    return kind.cast(work);
  }

  /// Puts other work of the same kind in its place.
  void replace(Work wanted) {
    work(wanted.getClass());
    work = wanted;
  }

  boolean ofMemory() {
    return work instanceof Work.Allocate || work instanceof Work.Free;
  }

  /// Memory that lives as long as this node; the same each time, unless more of it is needed.
  MemorySegment lend(long bytes) {
    MemorySegment memory = lent;
    if (memory == null || memory.byteSize() < bytes) {
      memory = Arena.ofAuto().allocate(bytes, 8);
      lent = memory;
    }
    return memory;
  }
}
