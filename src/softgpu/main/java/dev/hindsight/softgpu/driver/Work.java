package dev.hindsight.softgpu.driver;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.ValueLayout;

/// One thing that a stream or a graph does. A stream does it at once, in the caller's thread: that
/// is one of the orders that CUDA allows.
sealed interface Work {
  /// `CUgraphNodeType`.
  int nodeType();

  void run(Driver driver);

  /// A launch.
  record Launch(KernelLaunch kernel) implements Work {
    @Override
    public int nodeType() {
      return 0;
    }

    @Override
    public void run(Driver driver) {
      kernel.run(driver);
    }
  }

  /// A copy of bytes, rows or slices.
  record CopyBytes(Copy copy) implements Work {
    @Override
    public int nodeType() {
      return 1;
    }

    @Override
    public void run(Driver driver) {
      copy.run(driver.memory());
    }
  }

  /// A memset.
  record FillBytes(Fill fill) implements Work {
    @Override
    public int nodeType() {
      return 2;
    }

    @Override
    public void run(Driver driver) {
      fill.run(driver.memory());
    }
  }

  /// A call of a C function of the program with its user data.
  record HostFunction(long function, long userData) implements Work {
    private static final FunctionDescriptor TAKES_POINTER =
        FunctionDescriptor.ofVoid(ValueLayout.JAVA_LONG);

    @Override
    public int nodeType() {
      return 3;
    }

    @Override
    public void run(Driver driver) {
      driver.thread().hostFunction(() -> CFunction.call(function, TAKES_POINTER, userData));
    }
  }

  /// All the work of another graph.
  record Child(CudaGraph graph) implements Work {
    @Override
    public int nodeType() {
      return 4;
    }

    @Override
    public void run(Driver driver) {
      graph.inOrder(driver.device().options().scheduleSeed()).forEach(n -> n.work().run(driver));
    }
  }

  /// Nothing: a node that only joins others.
  record Empty() implements Work {
    @Override
    public int nodeType() {
      return 5;
    }

    @Override
    public void run(Driver driver) {}
  }

  /// Waits for an event, which has happened by the time that a call returns.
  record WaitEvent(CudaEvent event) implements Work {
    @Override
    public int nodeType() {
      return 6;
    }

    @Override
    public void run(Driver driver) {}
  }

  /// Notes the time in an event.
  record RecordEvent(CudaEvent event) implements Work {
    @Override
    public int nodeType() {
      return 7;
    }

    @Override
    public void run(Driver driver) {
      event.record();
    }
  }
}
