package dev.hindsight.backend.cpu;

/// Each thread's own working memory, all of one size. It grows to the largest that an op needed and
/// then stays: what a thread needs must not depend on which shares it happened to take.
final class Scratch implements AutoCloseable {
  private final CpuMemory memory = new CpuMemory();
  private final long[] address;
  private long bytes;

  Scratch(int workers) {
    address = new long[workers];
  }

  /// Gives each thread room for `floats` floats, unspecified. Called between jobs.
  void reserve(long floats) {
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
  long of(int worker) {
    return address[worker];
  }

  long reservedBytes() {
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
