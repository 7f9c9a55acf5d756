package dev.hindsight.backend.cpu;

/// Each thread's own working memory. It grows to the largest that any share needed and then stays.
final class Scratch implements AutoCloseable {
  private final CpuMemory memory = new CpuMemory();
  private final long[] address;
  private final long[] bytes;

  Scratch(int workers) {
    address = new long[workers];
    bytes = new long[workers];
  }

  /// Room for `floats` floats, unspecified, until the worker asks again.
  long floats(int worker, long floats) {
    long wanted = floats * Float.BYTES;
    if (wanted > bytes[worker]) {
      grow(worker, Math.max(wanted, 2 * bytes[worker]));
    }
    return address[worker];
  }

  private synchronized void grow(int worker, long size) {
    if (bytes[worker] > 0) {
      memory.release(address[worker]);
    }
    address[worker] = memory.reserve(size, "scratch");
    bytes[worker] = size;
  }

  synchronized long reservedBytes() {
    long sum = 0;
    for (long b : bytes) {
      sum += b;
    }
    return sum;
  }

  @Override
  public synchronized void close() {
    for (int k = 0; k < address.length; k++) {
      memory.release(address[k]);
      bytes[k] = 0;
    }
  }
}
