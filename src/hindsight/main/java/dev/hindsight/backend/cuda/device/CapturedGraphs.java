package dev.hindsight.backend.cuda.device;

import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.ScopePool;
import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Scopes, and the graphs that have some of their own.
public final class CapturedGraphs implements AutoCloseable {
  private final CudaDevice device;
  private final CudaMemory memory;
  private final ScopePool pool;
  private final Set<CapturedGraph> open = new LinkedHashSet<>();
  private @Nullable CapturedGraph running;

  public CapturedGraphs(CudaDevice device, CudaMemory memory) {
    this.device = device;
    this.memory = memory;
    this.pool = new ScopePool(memory);
  }

  public CapturedGraph add(String label) {
    var graph = new CapturedGraph(label, device, ScopePool.keepingAll(memory), this);
    open.add(graph);
    return graph;
  }

  public void remove(CapturedGraph graph) {
    open.remove(graph);
  }

  /// A scope of the graph whose work is running, if one is.
  public Scope scope(String label) {
    return (running == null ? pool : running.pool()).open(label);
  }

  public void run(CapturedGraph graph, Runnable work) {
    if (running != null) {
      throw new IllegalStateException(
          "cuda: '%s' cannot be recorded inside of '%s'; let one of the two be plain"
              .formatted(graph.label(), running.label()));
    }
    running = graph;
    try {
      work.run();
    } finally {
      running = null;
    }
  }

  public long reservedBytes() {
    return pool.reservedBytes() + open.stream().mapToLong(r -> r.pool().reservedBytes()).sum();
  }

  @Override
  public void close() {
    Set.copyOf(open).forEach(CapturedGraph::close);
    pool.close();
  }
}
