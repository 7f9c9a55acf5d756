package dev.hindsight.softgpu.driver;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.ValueLayout;
import java.util.List;

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

  /// All the work of another graph.
  record Child(CudaGraph graph) implements Work {}

  /// Nothing: a node that only joins others.
  record Empty() implements Work {}

  /// Waits for an event, which has happened by the time that a call returns.
  record WaitEvent(CudaEvent event) implements Work {}

  /// Makes memory of a graph be there.
  record Allocate(long address, long bytes, String name) implements Work {}

  /// Gives memory back, of a graph or not.
  record Free(long address) implements Work {}

  /// All the work of one of the bodies, or of none, as a condition says.
  record Conditional(ConditionalHandle condition, Branching kind, List<CudaGraph> bodies)
      implements Work {
    private void choose(Driver driver) {
      int value = condition.value(driver);
      switch (kind) {
        case IF -> body(value == 0 ? 1 : 0, driver);
        case SWITCH -> body(value, driver);
        case WHILE -> {
          while (condition.value(driver) != 0) {
            body(0, driver);
          }
        }
      }
    }

    /// Nothing where there is no such body.
    private void body(int number, Driver driver) {
      if (number >= 0 && number < bodies.size()) {
        new Child(bodies.get(number)).run(driver);
      }
    }
  }

  /// `CUgraphConditionalNodeType`.
  enum Branching {
    IF(2),
    WHILE(1),
    SWITCH(Integer.MAX_VALUE);

    /// Bodies.
    final int most;

    Branching(int most) {
      this.most = most;
    }
  }

  /// Notes the time in an event.
  record RecordEvent(CudaEvent event) implements Work {}

  /// `CUgraphNodeType`.
  default int nodeType() {
    return switch (this) {
      case Launch _ -> 0;
      case CopyBytes _ -> 1;
      case FillBytes _ -> 2;
      case HostFunction _ -> 3;
      case Child _ -> 4;
      case Empty _ -> 5;
      case WaitEvent _ -> 6;
      case RecordEvent _ -> 7;
      case Allocate _ -> 10;
      case Free _ -> 11;
      case Conditional _ -> 13;
    };
  }

  default void run(Driver driver) {
    switch (this) {
      case Launch(KernelLaunch kernel) -> kernel.run(driver);
      case CopyBytes(Copy copy) -> copy.run(driver.memory());
      case FillBytes(Fill fill) -> fill.run(driver.memory());
      case HostFunction(long function, long userData) ->
          driver.thread().hostFunction(() -> CFunction.call(function, TAKES_POINTER, userData));
      case Child(CudaGraph graph) -> {
        graph.conditions.forEach(condition -> condition.reset(driver));
        graph
            .inOrder(driver.device.options().schedule().seed())
            .forEach(node -> node.work.run(driver));
      }
      case Allocate allocate -> driver.graphMemory.allocate(allocate);
      case Free(long address) -> driver.contexts.free(address);
      case Conditional conditional -> conditional.choose(driver);
      case Empty _, WaitEvent _ -> {}
      case RecordEvent(CudaEvent event) -> event.record();
    }
  }
}
