package dev.hindsight.softgpu.driver;

import static dev.hindsight.softgpu.driver.DriverException.require;

import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.util.Iterator;
import java.util.List;

/// CUDA's runtime library: nodes of graphs, whose structs differ from the driver's, and the update
/// of a whole graph.
final class RuntimeGraphCalls extends Calls {
  private static final int KERNEL_BYTES = 56;
  private static final int DRIVER_KERNEL_BYTES = 72;
  private static final int TOPOLOGY_CHANGED = 2;
  private static final int TYPE_CHANGED = 3;

  private final Registrations registered;
  private final GraphNodeCalls nodes;
  private final GraphCalls graphs;
  private final RuntimeArrayCalls arrays;

  RuntimeGraphCalls(
      Driver driver,
      Registrations registered,
      GraphNodeCalls nodes,
      GraphCalls graphs,
      RuntimeArrayCalls arrays) {
    super(driver);
    this.registered = registered;
    this.nodes = nodes;
    this.graphs = graphs;
    this.arrays = arrays;
  }

  /// Takes the driver's struct.
  private interface WithKernel {
    void call(long struct);
  }

  /// The runtime's struct is the driver's with a stub for the function.
  private void kernel(long struct, WithKernel then) {
    try (Arena arena = Arena.ofConfined()) {
      var copy = arena.allocate(DRIVER_KERNEL_BYTES, 8);
      copy.copyFrom(Host.at(struct, KERNEL_BYTES));
      Host.putLong(copy.address(), registered.function(Host.getLong(struct)));
      then.call(copy.address());
    }
  }

  void cudaGraphAddKernelNode(long node, long graph, long dependencies, long count, long struct) {
    kernel(struct, to -> nodes.cuGraphAddKernelNode(node, graph, dependencies, count, to));
  }

  void cudaGraphKernelNodeSetParams(long node, long struct) {
    kernel(struct, to -> nodes.cuGraphKernelNodeSetParams(node, to));
  }

  void cudaGraphExecKernelNodeSetParams(long exec, long node, long struct) {
    kernel(struct, to -> nodes.cuGraphExecKernelNodeSetParams(exec, node, to));
  }

  void cudaGraphKernelNodeGetParams(long node, long struct) {
    try (Arena arena = Arena.ofConfined()) {
      var copy = arena.allocate(DRIVER_KERNEL_BYTES, 8);
      nodes.cuGraphKernelNodeGetParams(node, copy.address());
      Host.putLong(copy.address(), registered.stub(Host.getLong(copy.address())));
      Host.at(struct, KERNEL_BYTES).copyFrom(copy.asSlice(0, KERNEL_BYTES));
    }
  }

  /// Reads a `cudaGraphNodeParams`, the driver's but for kernels and copies.
  private Work work(long struct) {
    long of = struct + GraphNodeCalls.UNION;
    return switch (Host.getInt(struct)) {
      case 0 -> {
        Work[] read = new Work[1];
        kernel(of, to -> read[0] = nodes.readKernel(to, null));
        yield read[0];
      }
      case 1 -> new Work.CopyBytes(arrays.read3D(of + GraphNodeCalls.COPY));
      default -> nodes.work(struct);
    };
  }

  void cudaGraphAddNode(
      long node, long graph, long dependencies, long edges, long count, long struct) {
    nodes.addAny(node, graph, dependencies, count, struct, work(struct));
  }

  void cudaGraphNodeSetParams(long node, long struct) {
    node(node).replace(work(struct));
  }

  void cudaGraphExecNodeSetParams(long exec, long node, long struct) {
    exec(exec).replace(node(node), work(struct));
  }

  void cudaGraphConditionalHandleCreate(long handle, long graph, int initial, int flags) {
    graphs.cuGraphConditionalHandleCreate(handle, graph, 0, initial, flags);
  }

  /// `struct` is a `cudaMemcpy3DParms`.
  void cudaGraphAddMemcpyNode(long node, long graph, long dependencies, long count, long struct) {
    nodes.add(node, graph, dependencies, count, new Work.CopyBytes(arrays.read3D(struct)));
  }

  void cudaGraphMemcpyNodeSetParams(long node, long struct) {
    node(node).replace(new Work.CopyBytes(arrays.read3D(struct)));
  }

  void cudaGraphExecMemcpyNodeSetParams(long exec, long node, long struct) {
    exec(exec).replace(node(node), new Work.CopyBytes(arrays.read3D(struct)));
  }

  private static Work.CopyBytes flat(long target, long source, long bytes, int kind) {
    return new Work.CopyBytes(RuntimeMemoryCalls.flat(target, source, bytes, kind));
  }

  void cudaGraphAddMemcpyNode1D(
      long node,
      long graph,
      long dependencies,
      long count,
      long target,
      long source,
      long bytes,
      int kind) {
    nodes.add(node, graph, dependencies, count, flat(target, source, bytes, kind));
  }

  void cudaGraphMemcpyNodeSetParams1D(long node, long target, long source, long bytes, int kind) {
    node(node).replace(flat(target, source, bytes, kind));
  }

  void cudaGraphExecMemcpyNodeSetParams1D(
      long exec, long node, long target, long source, long bytes, int kind) {
    exec(exec).replace(node(node), flat(target, source, bytes, kind));
  }

  private Work.CopyBytes toSymbol(long symbol, long source, long bytes, long offset, int kind) {
    return flat(RuntimeMemoryCalls.inside(registered, symbol, offset, bytes), source, bytes, kind);
  }

  private Work.CopyBytes fromSymbol(long target, long symbol, long bytes, long offset, int kind) {
    return flat(target, RuntimeMemoryCalls.inside(registered, symbol, offset, bytes), bytes, kind);
  }

  void cudaGraphAddMemcpyNodeToSymbol(
      long node,
      long graph,
      long dependencies,
      long count,
      long symbol,
      long source,
      long bytes,
      long offset,
      int kind) {
    nodes.add(node, graph, dependencies, count, toSymbol(symbol, source, bytes, offset, kind));
  }

  void cudaGraphAddMemcpyNodeFromSymbol(
      long node,
      long graph,
      long dependencies,
      long count,
      long target,
      long symbol,
      long bytes,
      long offset,
      int kind) {
    nodes.add(node, graph, dependencies, count, fromSymbol(target, symbol, bytes, offset, kind));
  }

  void cudaGraphExecMemcpyNodeSetParamsToSymbol(
      long exec, long node, long symbol, long source, long bytes, long offset, int kind) {
    exec(exec).replace(node(node), toSymbol(symbol, source, bytes, offset, kind));
  }

  void cudaGraphExecMemcpyNodeSetParamsFromSymbol(
      long exec, long node, long target, long symbol, long bytes, long offset, int kind) {
    exec(exec).replace(node(node), fromSymbol(target, symbol, bytes, offset, kind));
  }

  /// The struct is the driver's.
  void cudaGraphAddMemsetNode(long node, long graph, long dependencies, long count, long struct) {
    nodes.add(node, graph, dependencies, count, new Work.FillBytes(Fill.read(struct)));
  }

  void cudaGraphMemsetNodeSetParams(long node, long struct) {
    node(node).replace(new Work.FillBytes(Fill.read(struct)));
  }

  void cudaGraphExecMemsetNodeSetParams(long exec, long node, long struct) {
    exec(exec).replace(node(node), new Work.FillBytes(Fill.read(struct)));
  }

  /// The capture that a stream is in, with the nodes that its next one will wait for. What the
  /// caller does not want is null.
  void cudaStreamGetCaptureInfo(
      long stream, long status, long id, long graph, long nodes, long edges, long count) {
    info(stream, status, id, graph, nodes, count);
    Host.offerLong(edges, 0);
  }

  void cudaStreamGetCaptureInfo_v2(
      long stream, long status, long id, long graph, long nodes, long count) {
    info(stream, status, id, graph, nodes, count);
  }

  private void info(long stream, long status, long id, long graph, long nodes, long count) {
    CudaStream of = stream(stream);
    Capture capture = of.capture;
    Host.putInt(status, capture == null ? 0 : capture.valid ? 1 : 2);
    if (capture == null) {
      return;
    }
    Host.offerLong(id, capture.graph.handle);
    Host.offerLong(graph, capture.graph.handle);
    Host.offerLong(count, of.tail.size());
    if (nodes != 0) {
      long[] handles = of.tail.stream().mapToLong(node -> node.handle).toArray();
      capture.lent = Arena.ofAuto().allocateFrom(ValueLayout.JAVA_LONG, handles);
      Host.putLong(nodes, capture.lent.address());
    }
  }

  /// `struct` begins with the flags; the result behind them stays 0, success.
  void cudaGraphInstantiateWithParams(long exec, long graph, long struct) {
    graphs.cuGraphInstantiateWithFlags(exec, graph, Host.getLong(struct));
  }

  /// Fills a `cudaGraphExecUpdateResultInfo`. The work of each node takes the place of its
  /// counterpart's, where edges and kinds are the same.
  void cudaGraphExecUpdate(long exec, long graph, long info) {
    List<GraphNode> old = exec(exec).graph().inOrder(0);
    List<GraphNode> wanted = graph(graph).inOrder(0);
    Host.putInt(info, 0);
    Host.putLong(info + 8, 0);
    Host.putLong(info + 16, 0);
    boolean same = old.size() == wanted.size();
    for (int i = 0; same && i < old.size(); i++) {
      GraphNode node = wanted.get(i);
      same = places(wanted, node).equals(places(old, old.get(i)));
      if (same && node.work.nodeType() != old.get(i).work.nodeType()) {
        Host.putInt(info, TYPE_CHANGED);
        Host.putLong(info + 8, node.handle);
        throw new DriverException(CudaResult.GRAPH_EXEC_UPDATE_FAILURE);
      }
    }
    if (!same) {
      Host.putInt(info, TOPOLOGY_CHANGED);
      throw new DriverException(CudaResult.GRAPH_EXEC_UPDATE_FAILURE);
    }
    Iterator<GraphNode> next = wanted.iterator();
    old.forEach(node -> node.replace(next.next().work));
  }

  private static List<Integer> places(List<GraphNode> all, GraphNode node) {
    return node.dependencies.stream().map(all::indexOf).sorted().toList();
  }

  /// Writes the graph for Graphviz, a line for each node and edge.
  void cudaGraphDebugDotPrint(long graph, long path, int flags) {
    require(graph != 0 && path != 0, "wanted a graph and a path");
    graphs.print(graph(graph), Host.string(path));
  }
}
