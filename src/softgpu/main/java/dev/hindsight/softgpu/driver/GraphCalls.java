package dev.hindsight.softgpu.driver;

import static dev.hindsight.softgpu.driver.DriverException.require;

/// Graphs that were captured: instantiation and launch. None is built node by node.
final class GraphCalls extends Calls {
  /// An executable form of a graph, with a handle of its own.
  private record CudaGraphExec(CudaGraph graph) {}

  GraphCalls(Driver driver) {
    super(driver);
  }

  private CudaGraphExec exec(long handle) {
    return driver.handles.get(handle, CudaGraphExec.class);
  }

  void cuGraphDestroy(long graph) {
    driver.handles.get(graph, CudaGraph.class);
    driver.handles.remove(graph);
  }

  void cuGraphInstantiateWithFlags(long exec, long graph, long flags) {
    require((flags & ~8) == 0, "wanted instantiate flags 0 or 8, got %d", flags);
    CudaGraph of = driver.handles.get(graph, CudaGraph.class);
    Host.putLong(exec, driver.context().adopt(new CudaGraphExec(of)));
  }

  void cuGraphUpload(long exec, long stream) {
    exec(exec);
    stream(stream);
  }

  void cuGraphLaunch(long exec, long stream) {
    CudaGraphExec wanted = exec(exec);
    driver.graphLaunches++;
    submit(stream, new Work.Graph(wanted.graph()));
  }

  void cuGraphExecDestroy(long exec) {
    exec(exec);
    driver.context().disown(exec);
  }
}
