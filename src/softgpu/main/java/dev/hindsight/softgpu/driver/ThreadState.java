package dev.hindsight.softgpu.driver;

import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/// What one host thread has set: its stack of contexts and how captures restrict it.
final class ThreadState {
  private final Deque<CudaContext> stack = new ArrayDeque<>();
  CaptureMode captureMode = CaptureMode.GLOBAL;
  boolean inHostFunction;

  /// What `cudaGetLastError` answers.
  int lastError;

  @Nullable CudaContext current() {
    return stack.peek();
  }

  void push(CudaContext context) {
    stack.push(context);
  }

  @Nullable CudaContext pop() {
    return stack.poll();
  }

  /// Replaces the top of the stack; null only takes it away.
  void setCurrent(@Nullable CudaContext context) {
    stack.poll();
    if (context != null) {
      stack.push(context);
    }
  }

  /// Runs a host function, in which no call of the driver is allowed.
  void hostFunction(Runnable function) {
    inHostFunction = true;
    try {
      function.run();
    } finally {
      inHostFunction = false;
    }
  }
}
