package dev.hindsight.softgpu.driver;

import static dev.hindsight.softgpu.driver.DriverException.require;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// A graph of work. Nodes keep the order in which they were added.
final class CudaGraph {
  private final Handles handles;
  final long handle;
  final List<GraphNode> nodes = new ArrayList<>();

  /// What its nodes, and those of their bodies, may ask for.
  final List<ConditionalHandle> conditions = new ArrayList<>();

  CudaGraph(Handles handles) {
    this.handles = handles;
    this.handle = handles.add(this);
  }

  GraphNode add(List<GraphNode> dependencies, Work work) {
    return add(dependencies, work, null);
  }

  private GraphNode add(List<GraphNode> dependencies, Work work, @Nullable GraphNode original) {
    for (GraphNode dependency : dependencies) {
      require(dependency.graph == this, "a dependency is a node of another graph");
    }
    GraphNode node = new GraphNode(this, handles, work, original);
    node.dependencies.addAll(dependencies);
    nodes.add(node);
    return node;
  }

  void remove(GraphNode node) {
    nodes.remove(node);
    nodes.forEach(other -> other.dependencies.remove(node));
    handles.remove(node.handle);
  }

  List<GraphNode> dependents(GraphNode node) {
    return nodes.stream().filter(other -> other.dependencies.contains(node)).toList();
  }

  List<GraphNode> roots() {
    return nodes.stream().filter(node -> node.dependencies.isEmpty()).toList();
  }

  Set<GraphNode> leaves() {
    Set<GraphNode> leaves = new LinkedHashSet<>(nodes);
    nodes.forEach(node -> leaves.removeAll(node.dependencies));
    return leaves;
  }

  /// The nodes in an order that respects all dependencies; a seed other than 0 draws one of them,
  /// so that a forgotten dependency shows.
  List<GraphNode> inOrder(long seed) {
    Random random = new Random(seed);
    Map<GraphNode, Integer> waits = new HashMap<>();
    Map<GraphNode, List<GraphNode>> followers = new HashMap<>();
    List<GraphNode> ready = new ArrayList<>();
    for (GraphNode node : nodes) {
      waits.put(node, node.dependencies.size());
      node.dependencies.forEach(
          d -> followers.computeIfAbsent(d, _ -> new ArrayList<>()).add(node));
    }
    roots().forEach(ready::add);
    List<GraphNode> order = new ArrayList<>();
    while (!ready.isEmpty()) {
      GraphNode next = ready.remove(seed == 0 ? 0 : random.nextInt(ready.size()));
      order.add(next);
      for (GraphNode follower : followers.getOrDefault(next, List.of())) {
        if (waits.merge(follower, -1, Integer::sum) == 0) {
          ready.add(follower);
        }
      }
    }
    require(order.size() == nodes.size(), "the graph has a cycle");
    return order;
  }

  /// A copy whose nodes know which node they were copied from; child graphs are copied too.
  CudaGraph copy() {
    CudaGraph copy = new CudaGraph(handles);
    Map<GraphNode, GraphNode> made = new HashMap<>();
    for (GraphNode node : inOrder(0)) {
      List<GraphNode> dependencies = new ArrayList<>();
      for (GraphNode dependency : node.dependencies) {
        GraphNode counterpart = made.get(dependency);
        if (counterpart != null) {
          dependencies.add(counterpart);
        }
      }
      made.put(node, copy.add(dependencies, copied(node.work), node));
    }
    copy.conditions.addAll(conditions);
    return copy;
  }

  private static Work copied(Work work) {
    return switch (work) {
      case Work.Child(CudaGraph graph) -> new Work.Child(graph.copy());
      case Work.Conditional(
              ConditionalHandle condition,
              Work.Branching kind,
              List<CudaGraph> bodies) ->
          new Work.Conditional(condition, kind, bodies.stream().map(CudaGraph::copy).toList());
      default -> work;
    };
  }

  /// Where memory is is decided when a node is made, so nothing else may have the same node.
  void refuseAllocations(String what) {
    if (nodes.stream().anyMatch(GraphNode::ofMemory)) {
      throw new DriverException(
          CudaResult.NOT_SUPPORTED, "a graph that allocates or frees cannot " + what);
    }
  }

  /// The node of this copy that was made from `original`.
  GraphNode counterpart(GraphNode original) {
    return nodes.stream()
        .filter(node -> node.original == original)
        .findFirst()
        .orElseThrow(
            () ->
                new DriverException(
                    CudaResult.INVALID_VALUE, "the node is not in the graph that this copies"));
  }

  void destroy() {
    for (GraphNode node : nodes) {
      handles.remove(node.handle);
      switch (node.work) {
        case Work.Child(CudaGraph graph) -> graph.destroy();
        case Work.Conditional conditional -> conditional.bodies().forEach(CudaGraph::destroy);
        default -> {}
      }
    }
    handles.remove(handle);
  }
}
