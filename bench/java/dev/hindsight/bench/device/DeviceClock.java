package dev.hindsight.bench.device;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Graph;
import dev.hindsight.backend.cuda.CudaStream;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// Times work on a device: after a warm-up, a graph of several calls runs between two events, again
/// and again. Before each repetition L2 is overwritten, so that none of them finds there what the
/// last one left.
///
/// The host never waits inside a repetition: while the device still overwrites L2, the graph is
/// queued behind it. So a kernel of a few microseconds is not timed as the host's latency.
public final class DeviceClock implements AutoCloseable {
  private final Backend backend;
  private final Effort effort;
  private final CudaStream stream;
  private final Scope scope;
  private final @Nullable Tensor evictor;

  /// Takes its memory at once.
  ///
  /// @param backend on a GPU or on the software GPU
  public DeviceClock(Backend backend, Effort effort) {
    this.backend = backend;
    this.effort = effort;
    stream = CudaStream.of(backend);
    scope = backend.open("L2");
    long floats = 2 * stream.device().l2Bytes() / Float.BYTES;
    evictor = effort.flush() ? scope.floats(Math.toIntExact(floats)) : null;
  }

  /// The device and its stream.
  public CudaStream stream() {
    return stream;
  }

  /// How much is done for a time.
  public Effort effort() {
    return effort;
  }

  /// Times a graph of calls.
  ///
  /// @param work one call: it may neither wait nor read nor write from the host
  public DeviceTime graph(String label, Runnable work) {
    int calls = calls(work);
    try (Graph graph = backend.graph(label)) {
      Runnable all = () -> repeat(work, calls);
      graph.run(all); // plain
      graph.run(all); // captured
      return DeviceTime.of(calls, true, repetitions(() -> graph.run(all)));
    }
  }

  /// Times calls one by one, for what cannot be captured.
  public DeviceTime launches(Runnable work) {
    int calls = calls(work);
    return DeviceTime.of(calls, false, repetitions(() -> repeat(work, calls)));
  }

  private static void repeat(Runnable work, int calls) {
    for (int k = 0; k < calls; k++) {
      work.run();
    }
  }

  /// As many calls as take long enough to be timed.
  private int calls(Runnable work) {
    work.run(); // loads kernels and reserves memory
    backend.synchronize();
    stream.start();
    work.run();
    stream.stop();
    double once = Math.max(stream.microseconds(), 0.1);
    return (int) Math.clamp(Math.ceil(effort.graphMicroseconds() / once), 2, effort.mostLaunches());
  }

  private double[] repetitions(Runnable all) {
    double[] microseconds = new double[effort.repetitions()];
    for (int k = 0; k < microseconds.length; k++) {
      evict();
      stream.start();
      all.run();
      stream.stop();
      microseconds[k] = stream.microseconds();
    }
    return microseconds;
  }

  /// Seconds of each repetition of work that the host does not wait for, between two events.
  public static double[] seconds(Backend backend, int repetitions, Runnable work) {
    double[] seconds = new double[repetitions];
    try (CudaStream stream = CudaStream.of(backend)) {
      for (int n = 0; n < repetitions; n++) {
        stream.start();
        work.run();
        stream.stop();
        seconds[n] = stream.microseconds() / 1e6;
      }
    }
    return seconds;
  }

  /// Overwrites L2, where the effort has it so.
  void evict() {
    if (evictor != null) {
      backend.fill(evictor, 0);
    }
  }

  @Override
  public void close() {
    scope.close();
    stream.close();
  }
}
