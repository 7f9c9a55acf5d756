package dev.hindsight.softgpu.driver;

/// An executable graph: a copy of the graph as it was when it was instantiated.
record CudaGraphExec(CudaGraph graph) {
  void replace(GraphNode original, Work work) {
    graph.counterpart(original).replace(work);
  }
}
