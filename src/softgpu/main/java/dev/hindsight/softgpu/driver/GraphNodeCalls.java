package dev.hindsight.softgpu.driver;

import static dev.hindsight.softgpu.driver.DriverException.require;

import dev.hindsight.softgpu.base.Dim3;
import dev.hindsight.softgpu.base.KernelParameter;
import dev.hindsight.softgpu.base.Shape;
import dev.hindsight.softgpu.device.Kernel;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Nodes of graphs: adding them, and reading and setting their parameters.
final class GraphNodeCalls extends Calls {
  private static final int ATTRIBUTE_BYTES = 64;

  /// Where a `CUgraphNodeParams` has what its type decides, and there its copy has the extents.
  static final int UNION = 16;

  static final int COPY = 16;

  /// Where a node that allocates says the address.
  private static final int MADE = 112;

  GraphNodeCalls(Driver driver) {
    super(driver);
  }

  void add(long node, long graph, long dependencies, long count, Work work) {
    Host.putLong(node, graph(graph).add(nodes(dependencies, count), work).handle);
  }

  /// Reads a `CUgraphNodeParams`.
  Work work(long struct) {
    long of = struct + UNION;
    return switch (Host.getInt(struct)) {
      case 0 -> readKernel(of, null);
      case 1 -> new Work.CopyBytes(Copy.read3D(driver.handles, of + COPY));
      case 2 -> new Work.FillBytes(Fill.read(of));
      case 3 -> readHost(of);
      case 4 -> child(Host.getLong(of));
      case 5 -> new Work.Empty();
      case 6 -> new Work.WaitEvent(event(Host.getLong(of)));
      case 7 -> new Work.RecordEvent(event(Host.getLong(of)));
      case 10 -> allocation(of);
      case 11 -> new Work.Free(Host.getLong(of));
      case 13 -> conditional(of);
      default ->
          throw new DriverException(
              CudaResult.NOT_SUPPORTED, "nodes of type " + Host.getInt(struct) + " are missing");
    };
  }

  /// Adds work that a `CUgraphNodeParams` describes, and tells there what was made of it.
  void addAny(long node, long graph, long dependencies, long count, long struct, Work work) {
    add(node, graph, dependencies, count, work);
    if (work instanceof Work.Allocate(long address, _, _)) {
      Host.putLong(struct + UNION + MADE, address);
    } else if (work instanceof Work.Conditional(_, _, List<CudaGraph> bodies)) {
      MemorySegment lent = node(Host.getLong(node)).lend(8L * bodies.size());
      for (int i = 0; i < bodies.size(); i++) {
        lent.setAtIndex(ValueLayout.JAVA_LONG, i, bodies.get(i).handle);
      }
      Host.putLong(struct + UNION + 16, lent.address());
    }
  }

  void cuGraphAddNode(long node, long graph, long dependencies, long count, long struct) {
    addAny(node, graph, dependencies, count, struct, work(struct));
  }

  void cuGraphAddNode_v2(
      long node, long graph, long dependencies, long edges, long count, long struct) {
    cuGraphAddNode(node, graph, dependencies, count, struct);
  }

  void cuGraphNodeSetParams(long node, long struct) {
    node(node).replace(work(struct));
  }

  void cuGraphExecNodeSetParams(long exec, long node, long struct) {
    exec(exec).replace(node(node), work(struct));
  }

  private Work.Allocate allocation(long struct) {
    return driver.graphMemory.node(Host.getLong(struct + 104), "cuGraphAddMemAllocNode");
  }

  /// `struct` is a `CUDA_MEM_ALLOC_NODE_PARAMS`. Every allocation is the one device's.
  void cuGraphAddMemAllocNode(long node, long graph, long dependencies, long count, long struct) {
    Work.Allocate made = allocation(struct);
    add(node, graph, dependencies, count, made);
    Host.putLong(struct + MADE, made.address());
  }

  void cuGraphMemAllocNodeGetParams(long node, long struct) {
    Work.Allocate of = node(node).work(Work.Allocate.class);
    Host.at(struct, MADE + 8).fill((byte) 0);
    Host.putInt(struct, 1); // pinned, on
    Host.putInt(struct + 8, 1); // a device
    Host.putLong(struct + 104, of.bytes());
    Host.putLong(struct + MADE, of.address());
  }

  void cuGraphAddMemFreeNode(long node, long graph, long dependencies, long count, long address) {
    add(node, graph, dependencies, count, new Work.Free(address));
  }

  void cuGraphMemFreeNodeGetParams(long node, long address) {
    Host.putLong(address, node(node).work(Work.Free.class).address());
  }

  private Work.Conditional conditional(long struct) {
    ConditionalHandle condition = driver.handles.get(Host.getLong(struct), ConditionalHandle.class);
    Work.Branching kind =
        switch (Host.getInt(struct + 8)) {
          case 0 -> Work.Branching.IF;
          case 1 -> Work.Branching.WHILE;
          case 2 -> Work.Branching.SWITCH;
          default ->
              throw new DriverException(
                  CudaResult.INVALID_VALUE, "wanted a kind of conditional node 0..2");
        };
    int size = Host.getInt(struct + 12);
    require(size >= 1 && size <= kind.most, "%s: got %d bodies", kind, size);
    List<CudaGraph> bodies = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      bodies.add(new CudaGraph(driver.handles));
    }
    return new Work.Conditional(condition, kind, List.copyOf(bodies));
  }

  /// Reads a `CUDA_KERNEL_NODE_PARAMS_v2`, which says nothing of the attributes of the node's
  /// launch: whether blocks run together, and in which clusters.
  Work.Launch readKernel(long struct, @Nullable Shape attributes) {
    CudaFunction function = function(Host.getLong(struct));
    int[] extents = new int[7];
    for (int i = 0; i < extents.length; i++) {
      extents[i] = Host.getInt(struct + 8 + 4L * i);
    }
    byte[] parameters =
        KernelLaunch.parameters(
            function.kernel, Host.getLong(struct + 40), Host.getLong(struct + 48));
    Shape shape =
        new Shape(
            new Dim3(extents[0], extents[1], extents[2]),
            attributes == null ? null : attributes.cluster(),
            new Dim3(extents[3], extents[4], extents[5]),
            extents[6],
            attributes != null && attributes.cooperative());
    return launch(function, shape, parameters);
  }

  private static KernelLaunch kernel(GraphNode node) {
    return node.work(Work.Launch.class).kernel();
  }

  void cuGraphAddKernelNode(long node, long graph, long dependencies, long count, long struct) {
    add(node, graph, dependencies, count, readKernel(struct, null));
  }

  void cuGraphKernelNodeSetParams(long node, long struct) {
    GraphNode of = node(node);
    of.replace(readKernel(struct, kernel(of).shape()));
  }

  void cuGraphExecKernelNodeSetParams(long exec, long node, long struct) {
    GraphNode of = exec(exec).graph().counterpart(node(node));
    of.replace(readKernel(struct, kernel(of).shape()));
  }

  void cuGraphKernelNodeSetAttribute(long node, int attribute, long value) {
    KernelLaunch old = kernel(node(node));
    Shape shape = LaunchCalls.with(old.shape(), attribute, value);
    node(node).replace(launch(old.function(), shape, old.parameters()));
  }

  /// Fills a `CUlaunchAttributeValue`; what was never set is 0.
  void cuGraphKernelNodeGetAttribute(long node, int attribute, long value) {
    Shape shape = kernel(node(node)).shape();
    Host.at(value, ATTRIBUTE_BYTES).fill((byte) 0);
    Dim3 cluster = shape.cluster();
    if (attribute == LaunchCalls.COOPERATIVE) {
      Host.putInt(value, shape.cooperative() ? 1 : 0);
    } else if (attribute == LaunchCalls.CLUSTER && cluster != null) {
      Host.putInt(value, cluster.x());
      Host.putInt(value + 4, cluster.y());
      Host.putInt(value + 8, cluster.z());
    }
  }

  void cuGraphKernelNodeCopyAttributes(long target, long source) {
    KernelLaunch old = kernel(node(target));
    Shape from = kernel(node(source)).shape();
    Shape shape = old.shape().withCluster(from.cluster()).withCooperative(from.cooperative());
    node(target).replace(launch(old.function(), shape, old.parameters()));
  }

  /// The pointers in the answer stay good as long as the node does.
  void cuGraphKernelNodeGetParams(long node, long struct) {
    GraphNode of = node(node);
    KernelLaunch launch = kernel(of);
    Shape shape = launch.shape();
    Kernel kernel = launch.function().kernel;
    Host.at(struct, 72).fill((byte) 0);
    Host.putLong(struct, launch.function().module.functions().getOrDefault(kernel.name(), 0L));
    int[] extents = {
      shape.grid().x(), shape.grid().y(), shape.grid().z(),
      shape.block().x(), shape.block().y(), shape.block().z(),
      shape.dynamicSharedBytes()
    };
    for (int i = 0; i < extents.length; i++) {
      Host.putInt(struct + 8 + 4L * i, extents[i]);
    }
    int pointers = 8 * kernel.parameters().size();
    MemorySegment lent = of.lend(Math.max(8, pointers + launch.parameters().length));
    MemorySegment values = lent.asSlice(pointers);
    MemorySegment.copy(
        launch.parameters(), 0, values, ValueLayout.JAVA_BYTE, 0, launch.parameters().length);
    for (int i = 0; i < kernel.parameters().size(); i++) {
      KernelParameter parameter = kernel.parameters().get(i);
      lent.setAtIndex(ValueLayout.JAVA_LONG, i, values.address() + parameter.offset());
    }
    Host.putLong(struct + 40, lent.address());
  }

  void cuGraphAddMemcpyNode(
      long node, long graph, long dependencies, long count, long struct, long context) {
    driver.handles.get(context, CudaContext.class);
    add(node, graph, dependencies, count, new Work.CopyBytes(Copy.read3D(driver.handles, struct)));
  }

  void cuGraphMemcpyNodeGetParams(long node, long struct) {
    node(node).work(Work.CopyBytes.class).copy().write3D(struct);
  }

  void cuGraphMemcpyNodeSetParams(long node, long struct) {
    node(node).replace(new Work.CopyBytes(Copy.read3D(driver.handles, struct)));
  }

  void cuGraphExecMemcpyNodeSetParams(long exec, long node, long struct, long context) {
    driver.handles.get(context, CudaContext.class);
    exec(exec).replace(node(node), new Work.CopyBytes(Copy.read3D(driver.handles, struct)));
  }

  void cuGraphAddMemsetNode(
      long node, long graph, long dependencies, long count, long struct, long context) {
    driver.handles.get(context, CudaContext.class);
    add(node, graph, dependencies, count, new Work.FillBytes(Fill.read(struct)));
  }

  void cuGraphMemsetNodeGetParams(long node, long struct) {
    node(node).work(Work.FillBytes.class).fill().write(struct);
  }

  void cuGraphExecMemsetNodeSetParams(long exec, long node, long struct, long context) {
    driver.handles.get(context, CudaContext.class);
    exec(exec).replace(node(node), new Work.FillBytes(Fill.read(struct)));
  }

  /// Reads a `CUDA_HOST_NODE_PARAMS`.
  private static Work.HostFunction readHost(long struct) {
    return new Work.HostFunction(Host.getLong(struct), Host.getLong(struct + 8));
  }

  void cuGraphAddHostNode(long node, long graph, long dependencies, long count, long struct) {
    add(node, graph, dependencies, count, readHost(struct));
  }

  void cuGraphHostNodeGetParams(long node, long struct) {
    Work.HostFunction host = node(node).work(Work.HostFunction.class);
    Host.putLong(struct, host.function());
    Host.putLong(struct + 8, host.userData());
  }

  void cuGraphHostNodeSetParams(long node, long struct) {
    node(node).replace(readHost(struct));
  }

  void cuGraphExecHostNodeSetParams(long exec, long node, long struct) {
    exec(exec).replace(node(node), readHost(struct));
  }

  /// A copy of the child becomes part of the graph.
  private Work.Child child(long graph) {
    CudaGraph original = graph(graph);
    original.refuseAllocations("be part of another");
    return new Work.Child(original.copy());
  }

  void cuGraphAddChildGraphNode(long node, long graph, long dependencies, long count, long child) {
    add(node, graph, dependencies, count, child(child));
  }

  void cuGraphChildGraphNodeGetGraph(long node, long child) {
    Host.putLong(child, node(node).work(Work.Child.class).graph().handle);
  }

  void cuGraphExecChildGraphNodeSetParams(long exec, long node, long child) {
    exec(exec).replace(node(node), child(child));
  }

  void cuGraphAddEmptyNode(long node, long graph, long dependencies, long count) {
    add(node, graph, dependencies, count, new Work.Empty());
  }

  void cuGraphAddEventRecordNode(long node, long graph, long dependencies, long count, long event) {
    add(node, graph, dependencies, count, new Work.RecordEvent(event(event)));
  }

  void cuGraphAddEventWaitNode(long node, long graph, long dependencies, long count, long event) {
    add(node, graph, dependencies, count, new Work.WaitEvent(event(event)));
  }

  void cuGraphEventRecordNodeGetEvent(long node, long event) {
    Host.putLong(event, driver.handles.of(node(node).work(Work.RecordEvent.class).event()));
  }

  void cuGraphEventRecordNodeSetEvent(long node, long event) {
    node(node).replace(new Work.RecordEvent(event(event)));
  }

  void cuGraphEventWaitNodeGetEvent(long node, long event) {
    Host.putLong(event, driver.handles.of(node(node).work(Work.WaitEvent.class).event()));
  }

  void cuGraphEventWaitNodeSetEvent(long node, long event) {
    node(node).replace(new Work.WaitEvent(event(event)));
  }

  void cuGraphExecEventRecordNodeSetEvent(long exec, long node, long event) {
    exec(exec).replace(node(node), new Work.RecordEvent(event(event)));
  }

  void cuGraphExecEventWaitNodeSetEvent(long exec, long node, long event) {
    exec(exec).replace(node(node), new Work.WaitEvent(event(event)));
  }
}
