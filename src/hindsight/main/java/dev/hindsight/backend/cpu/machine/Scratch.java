package dev.hindsight.backend.cpu.machine;

/// Each thread's own working memory, all of one size. It grows to the largest that an op needed and
/// then stays: what a thread needs must not depend on which shares it happened to take.
public final class Scratch implements AutoCloseable {
  private final CpuMemory memory = new CpuMemory();
  private final long[] address;
  private long bytes;

  public Scratch(int workers) {
    address = new long[workers];
  }

  /// Gives each thread room for `floats` floats, unspecified. Called between jobs.
  public void reserve(long floats) {
    long wanted = floats * Float.BYTES;
    if (wanted > bytes) {
      close();
      long fresh = Math.max(wanted, 1 << 16);
      for (int k = 0; k < address.length; k++) {
        address[k] = memory.reserve(fresh, "scratch");
      }
      bytes = fresh;
    }
  }

  /// The worker's own.
  public long of(int worker) {
    return address[worker];
  }

  public long reservedBytes() {
    return bytes * address.length;
  }

  @Override
  public void close() {
    bytes = 0;
    for (int k = 0; k < address.length; k++) {
      memory.release(address[k]);
      address[k] = 0;
    }
  }
}
