package dev.hindsight.backend.cuda.launch;

import dev.hindsight.backend.Degrees;
import dev.hindsight.backend.LiveChunks;
import dev.hindsight.backend.cuda.device.Staging;
import dev.hindsight.tensor.Memory;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.function.Function;

/// Whole numbers about objects of the host, such as staircases, on the GPU: uploaded when first
/// met, kept until the backend closes.
public final class Uploads implements AutoCloseable {
  private final Memory memory;
  private final Staging staging;
  private final Map<String, Map<Object, Long>> addresses = new HashMap<>();
  private long bytes;

  public Uploads(Memory memory, Staging staging) {
    this.memory = memory;
    this.staging = staging;
  }

  /// Address of how many inputs each output sees (O).
  public long live(Degrees degrees) {
    return of(degrees, "live inputs", Degrees::liveCounts);
  }

  /// Address of the first output that sees each input (I).
  public long first(Degrees degrees) {
    return of(degrees, "first outputs", Degrees::firstOutputs);
  }

  /// Address of the numbers of chunks.
  public long chunks(LiveChunks live) {
    return of(live, "chunks", LiveChunks::chunks);
  }

  /// Address of what `numbers` says of an object.
  ///
  /// @param what they are, for messages
  public <T> long of(T owner, String what, Function<T, int[]> numbers) {
    return addresses
        .computeIfAbsent(what, _ -> new IdentityHashMap<>())
        .computeIfAbsent(owner, _ -> upload(numbers.apply(owner), what));
  }

  private long upload(int[] numbers, String what) {
    long size = Math.max(1, numbers.length) * (long) Integer.BYTES;
    long address = memory.reserve(size, what);
    bytes += size;
    staging.write(address, numbers);
    return address;
  }

  public long bytes() {
    return bytes;
  }

  @Override
  public void close() {
    addresses.values().forEach(known -> known.values().forEach(memory::release));
    addresses.clear();
  }
}
