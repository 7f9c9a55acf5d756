package dev.hindsight.backend.cuda.device;

import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.ScopePool;
import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Scopes, and the recordings that have some of their own.
public final class Recordings implements AutoCloseable {
  private final CudaDevice device;
  private final CudaMemory memory;
  private final ScopePool pool;
  private final Set<CudaRecording> open = new LinkedHashSet<>();
  private @Nullable CudaRecording running;

  public Recordings(CudaDevice device, CudaMemory memory) {
    this.device = device;
    this.memory = memory;
    this.pool = new ScopePool(memory);
  }

  public CudaRecording add(String label) {
    var recording = new CudaRecording(label, device, ScopePool.keepingAll(memory), this);
    open.add(recording);
    return recording;
  }

  public void remove(CudaRecording recording) {
    open.remove(recording);
  }

  /// A scope of the recording whose work is running, if one is.
  public Scope scope(String label) {
    return (running == null ? pool : running.pool()).open(label);
  }

  public void run(CudaRecording recording, Runnable work) {
    if (running != null) {
      throw new IllegalStateException(
          "cuda: '%s' cannot be recorded inside of '%s'; let one of the two be plain"
              .formatted(recording.label(), running.label()));
    }
    running = recording;
    try {
      work.run();
    } finally {
      running = null;
    }
  }

  public long reservedBytes() {
    return pool.reservedBytes() + open.stream().mapToLong(r -> r.pool().reservedBytes()).sum();
  }

  @Override
  public void close() {
    Set.copyOf(open).forEach(CudaRecording::close);
    pool.close();
  }
}
