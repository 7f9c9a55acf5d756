package dev.hindsight.softgpu.driver;

import org.jspecify.annotations.Nullable;

/// What a node of a graph asks for; kernels decide it.
final class ConditionalHandle {
  final long handle;

  /// Its value when the graph starts, or null where nothing is decided then.
  private final @Nullable Integer initial;

  ConditionalHandle(Handles handles, @Nullable Integer initial) {
    this.handle = handles.add(this);
    this.initial = initial;
  }

  void reset(Driver driver) {
    if (initial == null) {
      driver.memory().forgetDecision(handle);
    } else {
      driver.memory().decide(handle, initial);
    }
  }

  int value(Driver driver) {
    Integer value = driver.memory().decision(handle);
    if (value == null) {
      throw new DriverException(
          CudaResult.INVALID_VALUE,
          "a node asks for a condition that no kernel has set in this launch of the graph;"
              + " call cudaGraphSetConditional before it, or create its handle with a default");
    }
    return value;
  }
}
