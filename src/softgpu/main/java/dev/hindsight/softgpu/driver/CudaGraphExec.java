package dev.hindsight.softgpu.driver;

/// An executable graph: a copy of the graph as it was when it was instantiated.
///
/// @param freesBefore whether a launch first frees what the one before allocated and left
record CudaGraphExec(CudaGraph graph, boolean freesBefore) {
  void replace(GraphNode original, Work work) {
    graph.counterpart(original).replace(work);
  }
}
