package dev.hindsight.softgpu.driver;

import static dev.hindsight.softgpu.driver.DriverException.require;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// Graphs: their shape, instantiation and launch.
final class GraphCalls extends Calls {
  private static final int FREE_BEFORE = 1;
  private static final int UPLOAD = 2;
  private static final int PRIORITIES = 8;

  GraphCalls(Driver driver) {
    super(driver);
  }

  void cuGraphCreate(long graph, int flags) {
    require(flags == 0, "wanted graph flags 0, got %d", flags);
    Host.putLong(graph, new CudaGraph(driver.handles).handle);
  }

  void cuGraphDestroy(long graph) {
    graph(graph).destroy();
  }

  void cuGraphClone(long copy, long graph) {
    CudaGraph original = graph(graph);
    original.refuseAllocations("be cloned");
    Host.putLong(copy, original.copy().handle);
  }

  void cuGraphNodeFindInClone(long found, long original, long clone) {
    Host.putLong(found, graph(clone).counterpart(node(original)).handle);
  }

  void cuGraphDestroyNode(long node) {
    GraphNode gone = node(node);
    require(!gone.ofMemory(), "a node that allocates or frees cannot be destroyed on its own");
    gone.graph.remove(gone);
  }

  void cuGraphNodeGetType(long node, long type) {
    Host.putInt(type, node(node).work.nodeType());
  }

  void cuGraphGetNodes(long graph, long nodes, long count) {
    put(graph(graph).nodes, nodes, count);
  }

  void cuGraphGetRootNodes(long graph, long nodes, long count) {
    put(graph(graph).roots(), nodes, count);
  }

  void cuGraphNodeGetDependencies(long node, long nodes, long count) {
    put(List.copyOf(node(node).dependencies), nodes, count);
  }

  void cuGraphNodeGetDependentNodes(long node, long nodes, long count) {
    GraphNode of = node(node);
    put(of.graph.dependents(of), nodes, count);
  }

  void cuGraphGetEdges(long graph, long from, long to, long count) {
    List<GraphNode> sources = new ArrayList<>();
    List<GraphNode> targets = new ArrayList<>();
    for (GraphNode target : graph(graph).nodes) {
      for (GraphNode source : target.dependencies) {
        sources.add(source);
        targets.add(target);
      }
    }
    require((from == 0) == (to == 0), "wanted both ends of the edges or none");
    long room = Host.getLong(count);
    put(sources, from, count);
    Host.putLong(count, room);
    put(targets, to, count);
  }

  /// With a null array the count is asked for, else as many handles as there is room for. JCuda
  /// 12.6 passes a count that it never set, whatever the caller set: one that is not within the
  /// nodes stands for all of them, and nothing is written behind them.
  private static void put(List<GraphNode> nodes, long array, long count) {
    long room = Host.getLong(count);
    long wanted = room > 0 && room < nodes.size() ? room : nodes.size();
    for (int i = 0; i < wanted && array != 0; i++) {
      Host.putLong(array + 8L * i, nodes.get(i).handle);
    }
    Host.putLong(count, array == 0 ? nodes.size() : wanted);
  }

  void cuGraphAddDependencies(long graph, long from, long to, long count) {
    CudaGraph of = graph(graph);
    for (long i = 0; i < count; i++) {
      GraphNode source = node(Host.getLong(from + 8 * i));
      GraphNode target = node(Host.getLong(to + 8 * i));
      require(
          source.graph == of && target.graph == of && source != target,
          "edge %d does not join two nodes of the graph",
          i);
      require(target.dependencies.add(source), "edge %d is there already", i);
    }
  }

  void cuGraphRemoveDependencies(long graph, long from, long to, long count) {
    graph(graph);
    for (long i = 0; i < count; i++) {
      GraphNode source = node(Host.getLong(from + 8 * i));
      GraphNode target = node(Host.getLong(to + 8 * i));
      require(target.dependencies.remove(source), "edge %d is not in the graph", i);
    }
  }

  /// CUDA 13 passes data of edges, of which there is none here.
  void cuGraphAddDependencies_v2(long graph, long from, long to, long data, long count) {
    cuGraphAddDependencies(graph, from, to, count);
  }

  void cuGraphRemoveDependencies_v2(long graph, long from, long to, long data, long count) {
    cuGraphRemoveDependencies(graph, from, to, count);
  }

  void cuGraphGetEdges_v2(long graph, long from, long to, long data, long count) {
    cuGraphGetEdges(graph, from, to, count);
  }

  void cuGraphNodeGetDependencies_v2(long node, long nodes, long data, long count) {
    cuGraphNodeGetDependencies(node, nodes, count);
  }

  void cuGraphNodeGetDependentNodes_v2(long node, long nodes, long data, long count) {
    cuGraphNodeGetDependentNodes(node, nodes, count);
  }

  void cuGraphInstantiateWithFlags(long exec, long graph, long flags) {
    require(
        (flags & ~(FREE_BEFORE | UPLOAD | PRIORITIES)) == 0,
        "wanted instantiate flags 1, 2 and 8, got %d",
        flags);
    CudaGraphExec made = new CudaGraphExec(graph(graph).copy(), (flags & FREE_BEFORE) != 0);
    Host.putLong(exec, driver.context().adopt(made));
  }

  /// A context decides nothing here.
  void cuGraphConditionalHandleCreate(
      long handle, long graph, long context, int initial, int flags) {
    require((flags & ~1) == 0, "wanted flags 0 or 1, got %d", flags);
    CudaGraph of = graph(graph);
    ConditionalHandle made = new ConditionalHandle(driver.handles, flags == 1 ? initial : null);
    of.conditions.add(made);
    Host.putLong(handle, made.handle);
  }

  void cuDeviceGraphMemTrim(int device) {
    DeviceProperties.check(device);
  }

  void cuDeviceGetGraphMemAttribute(int device, int attribute, long value) {
    requireAttribute(device, attribute);
    Host.putLong(value, driver.graphMemory.attribute(attribute));
  }

  /// The highest numbers can be set to what is in use now.
  void cuDeviceSetGraphMemAttribute(int device, int attribute, long value) {
    requireAttribute(device, attribute);
    require(attribute % 2 == 1, "attribute %d cannot be set", attribute);
    driver.graphMemory.forgetHighest();
  }

  private static void requireAttribute(int device, int attribute) {
    DeviceProperties.check(device);
    require(
        attribute >= 0 && attribute < GraphMemory.ATTRIBUTES,
        "wanted an attribute 0..3, got %d",
        attribute);
  }

  void cuGraphDebugDotPrint(long graph, long path, int flags) {
    print(graph(graph), Host.string(path));
  }

  void print(CudaGraph graph, String path) {
    StringBuilder text = new StringBuilder("digraph dot {\n");
    for (GraphNode node : graph.nodes) {
      String kind = node.work.getClass().getSimpleName();
      String of = node.work instanceof Work.Launch(KernelLaunch l) ? " " + l.function().kernel : "";
      text.append("\"%x\" [shape=box, label=\"%s%s\"];\n".formatted(node.handle, kind, of));
      node.dependencies.forEach(
          before -> text.append("\"%x\" -> \"%x\";\n".formatted(before.handle, node.handle)));
    }
    try {
      Files.writeString(Path.of(path), text.append("}\n"));
    } catch (IOException e) {
      throw new DriverException(CudaResult.OPERATING_SYSTEM, "cannot write " + e.getMessage());
    }
  }

  void cuGraphUpload(long exec, long stream) {
    exec(exec);
    stream(stream);
  }

  void cuGraphLaunch(long exec, long stream) {
    CudaGraphExec wanted = exec(exec);
    driver.graphLaunches++;
    driver.graphMemory.beforeLaunch(wanted);
    submit(stream, new Work.Child(wanted.graph()));
  }

  void cuGraphExecDestroy(long exec) {
    exec(exec).graph().destroy();
    driver.context().disown(exec);
  }
}
