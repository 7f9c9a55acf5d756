package dev.hindsight.softgpu.driver;

import dev.hindsight.softgpu.base.DeviceMemory;
import dev.hindsight.softgpu.base.IllegalAddress;
import dev.hindsight.softgpu.base.Options;
import dev.hindsight.softgpu.base.OutOfDeviceMemory;
import dev.hindsight.softgpu.check.DeviceFault;
import dev.hindsight.softgpu.check.Kind;
import dev.hindsight.softgpu.device.SimulatedDevice;
import dev.hindsight.softgpu.driver.DriverFinding.What;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// State of the software driver: one device, its contexts, what each thread has current. One call
/// runs at a time.
final class Driver {
  private static final long PATIENCE_SECONDS = 2;

  final ReentrantLock lock = new ReentrantLock();
  private final ThreadLocal<ThreadState> threads = ThreadLocal.withInitial(ThreadState::new);
  final List<DriverFinding> findings = new CopyOnWriteArrayList<>();
  volatile SimulatedDevice device;
  Handles handles = new Handles();
  Contexts contexts = new Contexts(this);
  Captures captures = new Captures(this);
  PinnedMemory pinned = new PinnedMemory(this);
  GraphMemory graphMemory = new GraphMemory(this);
  boolean initialised;
  private long lastStreamId = 2;
  long graphLaunches;

  /// The function that runs.
  private String calling = "";

  Driver(Options options) {
    device = new SimulatedDevice(options);
  }

  /// Starts afresh with another device.
  void restart(Options options) {
    lock.lock();
    try {
      if (contexts.anyAlive()) {
        throw new IllegalStateException(
            "software GPU: wanted to restart with other options, but a context is alive;"
                + " destroy it first");
      }
      device = new SimulatedDevice(options);
      handles = new Handles();
      contexts = new Contexts(this);
      captures = new Captures(this);
      pinned = new PinnedMemory(this);
      graphMemory = new GraphMemory(this);
    } finally {
      lock.unlock();
    }
  }

  /// Ends all contexts, unless a call of another thread does not end: the program may have asked to
  /// exit from within one.
  void endAll() {
    boolean free = false;
    try {
      free = lock.tryLock(PATIENCE_SECONDS, TimeUnit.SECONDS);
      if (free) {
        contexts.endAll("end of the program");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      if (free) {
        lock.unlock();
      }
    }
  }

  /// Throws where a function may not run now.
  void require(Call call) {
    calling = call.function();
    if (thread().inHostFunction && call.needs() != Call.Needs.NOTHING) {
      throw new DriverException(
          CudaResult.NOT_PERMITTED, "a host function of a stream may not call CUDA");
    }
    if (call.ofTheRuntime()) {
      initialised = true;
      if (call.needs() == Call.Needs.CONTEXT && thread().current() == null) {
        thread().push(contexts.retainPrimary());
      }
    }
    if (call.needs() != Call.Needs.NOTHING && !initialised) {
      throw new DriverException(CudaResult.NOT_INITIALIZED, "call cuInit first");
    }
    if (call.needs() == Call.Needs.CONTEXT) {
      context().requireAlive();
    }
    if (call.unsafeInCapture()) {
      captures.refuseUnsafe(thread(), call.function());
    }
  }

  DeviceMemory memory() {
    return device.memory();
  }

  int multiprocessors() {
    return device.options().size().multiprocessors();
  }

  long nextStreamId() {
    return ++lastStreamId;
  }

  ThreadState thread() {
    return threads.get();
  }

  /// The calling thread's current context.
  CudaContext context() {
    CudaContext current = thread().current();
    if (current == null) {
      throw new DriverException(
          CudaResult.INVALID_CONTEXT, "no context is current in " + Thread.currentThread());
    }
    if (!current.alive) {
      throw new DriverException(CudaResult.CONTEXT_IS_DESTROYED);
    }
    return current;
  }

  /// Turns what a call threw into its result, and reports it.
  CudaResult failed(String function, Throwable thrown) {
    return switch (thrown) {
      case DriverException e -> {
        if (!e.reason().isEmpty()) {
          print(function + ": " + e.reason() + " (" + e.result.cudaName() + ")");
        }
        yield e.result;
      }
      case DeviceFault e -> {
        CudaResult result = result(e.first().kind());
        if (!device.options().keepGoing()) {
          context().fail(result, function);
        }
        report(e, result);
        yield result;
      }
      case IllegalAddress e ->
          report(What.HOST_ACCESS, CudaResult.INVALID_VALUE, function, e.getMessage());
      case OutOfDeviceMemory e -> {
        print(function + ": " + e.getMessage());
        yield CudaResult.OUT_OF_MEMORY;
      }
      case OutOfMemoryError e -> {
        print(function + ": the JVM that holds the device memory is full; raise -Xmx (" + e + ")");
        yield CudaResult.OUT_OF_MEMORY;
      }
      default -> {
        StringWriter trace = new StringWriter();
        thrown.printStackTrace(new PrintWriter(trace, true));
        yield report(What.INTERNAL, CudaResult.UNKNOWN, function, trace.toString());
      }
    };
  }

  CudaResult report(What what, CudaResult result, String function, @Nullable String text) {
    report(new DriverFinding(what, result, function, String.valueOf(text), List.of()));
    return result;
  }

  /// What the checks found in a kernel; the call that launched it answers `result`.
  void report(DeviceFault fault, CudaResult result) {
    String text = String.valueOf(fault.getMessage());
    report(new DriverFinding(What.KERNEL, result, calling, text, fault.findings()));
  }

  private void report(DriverFinding finding) {
    findings.add(finding);
    print(finding.call() + ": " + finding.report().stripTrailing());
  }

  /// Goes to the standard error stream: the program under test owns the standard output.
  private static void print(String text) {
    System.err.println("software GPU: " + text);
  }

  private static CudaResult result(Kind kind) {
    return switch (kind) {
      case OUT_OF_BOUNDS, READ_ONLY -> CudaResult.ILLEGAL_ADDRESS;
      case MISALIGNED -> CudaResult.MISALIGNED_ADDRESS;
      case ASSERTION -> CudaResult.ASSERT;
      case NEVER_ENDS, DEADLOCK -> CudaResult.LAUNCH_TIMEOUT;
      default -> CudaResult.LAUNCH_FAILED;
    };
  }
}
