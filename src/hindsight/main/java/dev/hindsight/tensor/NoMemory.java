package dev.hindsight.tensor;

/// Addresses that nothing lies behind, each handed out once.
final class NoMemory implements Memory {
  private long next;

  @Override
  public long reserve(long bytes, String label) {
    next += bytes;
    return next - bytes;
  }

  @Override
  public void release(long address) {}

  @Override
  public void zero(long address, long bytes) {}
}
