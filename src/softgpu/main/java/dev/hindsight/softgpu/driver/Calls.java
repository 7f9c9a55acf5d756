package dev.hindsight.softgpu.driver;

import dev.hindsight.softgpu.base.Shape;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.util.ArrayList;
import java.util.List;

/// Functions of the driver: each method whose name begins with `cu` answers the driver function of
/// that name (without `_v2`). Its parameters are the C function's: `int` for 32-bit integers and
/// enums, `long` for pointers, handles and sizes, `byte`, `short` and `float` for themselves. It
/// returns on success and throws [DriverException] otherwise. [Call] says what must be there before
/// it runs.
abstract class Calls {
  /// Functions that the method answers, too: theirs are its parameters without the last one, which
  /// is 0 then (the legacy stream, no flags).
  @Retention(RetentionPolicy.RUNTIME)
  @Target(ElementType.METHOD)
  @interface Shorter {
    String[] value();
  }

  final Driver driver;

  Calls(Driver driver) {
    this.driver = driver;
  }

  CudaModule module(long handle) {
    return driver.handles.get(handle, CudaModule.class);
  }

  CudaFunction function(long handle) {
    return driver.handles.get(handle, CudaFunction.class);
  }

  CudaStream stream(long handle) {
    return driver.context().stream(handle);
  }

  CudaEvent event(long handle) {
    return driver.handles.get(handle, CudaEvent.class);
  }

  CudaArray array(long handle) {
    return driver.handles.get(handle, CudaArray.class);
  }

  CudaMipmap mipmap(long handle) {
    return driver.handles.get(handle, CudaMipmap.class);
  }

  CudaGraph graph(long handle) {
    return driver.handles.get(handle, CudaGraph.class);
  }

  GraphNode node(long handle) {
    return driver.handles.get(handle, GraphNode.class);
  }

  /// The nodes of an array of handles.
  List<GraphNode> nodes(long handles, long count) {
    List<GraphNode> nodes = new ArrayList<>();
    for (long i = 0; i < count; i++) {
      nodes.add(node(Host.getLong(handles + 8 * i)));
    }
    return nodes;
  }

  CudaGraphExec exec(long handle) {
    return driver.handles.get(handle, CudaGraphExec.class);
  }

  Work.Launch launch(CudaFunction function, Shape shape, byte[] parameters) {
    KernelLaunch checked = new KernelLaunch(function, shape, parameters);
    return new Work.Launch(checked.fitting(driver.multiprocessors()));
  }

  void submit(long stream, Work work) {
    driver.captures.submit(stream(stream), work);
  }
}
