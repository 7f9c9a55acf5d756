package dev.hindsight.backend.cuda.launch;

import dev.hindsight.backend.Degrees;
import dev.hindsight.backend.LiveChunks;
import dev.hindsight.backend.cuda.device.Staging;
import dev.hindsight.tensor.Memory;
import java.util.IdentityHashMap;

/// The staircases of the models that are in use, and where their weights exist, on the GPU:
/// uploaded when first met, kept until the backend closes.
public final class DeviceDegrees implements AutoCloseable {
  private final Memory memory;
  private final Staging staging;
  private final IdentityHashMap<Degrees, Staircase> known = new IdentityHashMap<>();
  private final IdentityHashMap<LiveChunks, Long> chunks = new IdentityHashMap<>();
  private long bytes;

  /// A staircase on the GPU.
  ///
  /// @param live address of the number of inputs that each output sees (O)
  /// @param first address of the first output that sees each input (I)
  public record Staircase(long live, long first) {}

  public DeviceDegrees(Memory memory, Staging staging) {
    this.memory = memory;
    this.staging = staging;
  }

  public Staircase of(Degrees degrees) {
    return known.computeIfAbsent(
        degrees, d -> new Staircase(upload(d.liveCounts()), upload(d.firstOutputs())));
  }

  /// Address of the numbers of chunks.
  public long of(LiveChunks live) {
    return chunks.computeIfAbsent(live, l -> upload(l.chunks()));
  }

  public long bytes() {
    return bytes;
  }

  private long upload(int[] counts) {
    long size = Math.max(1, counts.length) * (long) Integer.BYTES;
    long address = memory.reserve(size, "degrees");
    bytes += size;
    staging.write(address, counts);
    return address;
  }

  @Override
  public void close() {
    for (Staircase s : known.values()) {
      memory.release(s.live());
      memory.release(s.first());
    }
    known.clear();
    chunks.values().forEach(memory::release);
    chunks.clear();
  }
}
