package dev.hindsight.softgpu.driver;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.ValueLayout;

/// One thing that a stream or a graph does. A stream does it at once, in the caller's thread: that
/// is one of the orders that CUDA allows.
sealed interface Work {
  FunctionDescriptor TAKES_POINTER = FunctionDescriptor.ofVoid(ValueLayout.JAVA_LONG);

  /// A launch.
  record Launch(KernelLaunch kernel) implements Work {}

  /// A copy of bytes, rows or slices.
  record CopyBytes(Copy copy) implements Work {}

  /// A memset.
  record FillBytes(Fill fill) implements Work {}

  /// A call of a C function of the program with its user data.
  record HostFunction(long function, long userData) implements Work {}

  /// All the work of a graph.
  record Graph(CudaGraph graph) implements Work {}

  /// Nothing: what an event stands for has happened by the time that a call returns.
  record Nothing() implements Work {}

  /// Notes the time in an event.
  record RecordEvent(CudaEvent event) implements Work {}

  default void run(Driver driver) {
    switch (this) {
      case Launch(KernelLaunch kernel) -> kernel.run(driver);
      case CopyBytes(Copy copy) -> copy.run(driver.memory());
      case FillBytes(Fill fill) -> fill.run(driver.memory());
      case HostFunction(long function, long userData) ->
          driver.thread().hostFunction(() -> CFunction.call(function, TAKES_POINTER, userData));
      case Graph(CudaGraph graph) ->
          graph
              .inOrder(driver.device.options().schedule().seed())
              .forEach(node -> node.work.run(driver));
      case Nothing _ -> {}
      case RecordEvent(CudaEvent event) -> event.record();
    }
  }
}
