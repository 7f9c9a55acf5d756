package dev.hindsight.softgpu.driver;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/// A graph of captured work. Nodes keep the order in which they were added, and nothing changes
/// them once the capture has ended, so what is instantiated shares them.
final class CudaGraph {
  private final List<Node> nodes = new ArrayList<>();

  /// What a node does, and what must be done before.
  static final class Node {
    final Work work;
    private final Set<Node> dependencies;

    private Node(Work work, Set<Node> dependencies) {
      this.work = work;
      this.dependencies = dependencies;
    }
  }

  Node add(Set<Node> dependencies, Work work) {
    Node node = new Node(work, Set.copyOf(dependencies));
    nodes.add(node);
    return node;
  }

  /// The nodes that no other waits for.
  Set<Node> leaves() {
    Set<Node> leaves = new LinkedHashSet<>(nodes);
    nodes.forEach(node -> leaves.removeAll(node.dependencies));
    return leaves;
  }

  /// The nodes in an order that respects all dependencies; a seed other than 0 draws one of them,
  /// so that a forgotten dependency shows.
  List<Node> inOrder(long seed) {
    Random random = new Random(seed);
    Map<Node, Integer> waits = new HashMap<>();
    Map<Node, List<Node>> followers = new HashMap<>();
    List<Node> ready = new ArrayList<>();
    for (Node node : nodes) {
      waits.put(node, node.dependencies.size());
      if (node.dependencies.isEmpty()) {
        ready.add(node);
      }
      node.dependencies.forEach(
          d -> followers.computeIfAbsent(d, _ -> new ArrayList<>()).add(node));
    }
    List<Node> order = new ArrayList<>();
    while (!ready.isEmpty()) {
      Node next = ready.remove(seed == 0 ? 0 : random.nextInt(ready.size()));
      order.add(next);
      for (Node follower : followers.getOrDefault(next, List.of())) {
        if (waits.merge(follower, -1, Integer::sum) == 0) {
          ready.add(follower);
        }
      }
    }
    return order;
  }
}
