package dev.hindsight.softgpu.driver;

import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/// Names of allocations, which reports use: what the caller says, or else where it called from.
final class AllocationNames {
  private final AtomicLong count = new AtomicLong();
  private final ThreadLocal<@Nullable String> wanted = new ThreadLocal<>();

  /// Names this thread's next allocation.
  void forNext(String name) {
    wanted.set(name);
  }

  /// `weights`, or `cuMemAlloc 3 at Main.java:42`.
  String next(String call) {
    long number = count.incrementAndGet();
    String name = wanted.get();
    if (name != null) {
      wanted.remove();
      return name;
    }
    List<StackWalker.StackFrame> frames =
        StackWalker.getInstance()
            .walk(
                all ->
                    all.dropWhile(frame -> !jcuda(frame))
                        .dropWhile(AllocationNames::jcuda)
                        .limit(1)
                        .toList());
    String from =
        frames.isEmpty()
            ? ""
            : " at " + frames.getFirst().getFileName() + ":" + frames.getFirst().getLineNumber();
    return call + " " + number + from;
  }

  /// The classes through which a program calls the driver. Others in packages of that name may be
  /// the program's own.
  private static boolean jcuda(StackWalker.StackFrame frame) {
    return frame.getClassName().equals("jcuda.driver.JCudaDriver")
        || frame.getClassName().equals("jcuda.runtime.JCuda");
  }
}
